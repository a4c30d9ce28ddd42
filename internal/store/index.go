package store

import (
	"slices"

	"postern/internal/event"
)

// index says which events of a stretch have what, while it grows.
type index struct {
	types  []byte      // of each event
	ids    []byte      // 16 bytes an event, as stored; zeros where it has another id
	packed bool        // ids has one
	names  *dictionary // cameras, sources, sites, producers' ids, and ids that aren't stored packed
	texts  *dictionary // data's
}

func newIndex() *index {
	return &index{types: make([]byte, stretchEvents), ids: make([]byte, 16*stretchEvents), names: newDictionary(), texts: newDictionary()}
}

func (x *index) reset() {
	clear(x.types)
	clear(x.ids)
	x.packed = false
	x.names.reset()
	x.texts.reset()
}

// placeOf is an event's place in its stretch.
func placeOf(seq int64) uint16 { return uint16((seq - 1) % stretchEvents) }

// add adds an event, and tells w of its texts.
func (x *index) add(e *event.Event, w *words) {
	at := placeOf(e.Seq)
	x.types[at] = byte(e.Type)
	if place := (*[16]byte)(x.ids[16*int(at):]); event.PackIDInto(place, e.ID) {
		x.packed = true
	} else {
		clear(place[:])
		x.names.add(at, e.ID, w)
	}
	if e.ProducerID != "" {
		x.names.add(at, e.ProducerID, w)
	}
	if e.Site != "" {
		x.names.add(at, e.Site, w)
	}
	x.names.add(at, e.Camera, w)
	x.names.add(at, e.Source, w)
	if e.Erased.IsZero() {
		eachText(e, func(text string) { x.texts.add(at, text, w) })
	}
}

// The parts of an index in the file.
const (
	namesPart = iota // types, and names
	textsPart
	idsPart
	indexParts
)

// textsRoom stands before the texts. SQLite moves the beginnings of rows about
// when it changes others, and may leave copies of them: it is to be nothing
// that an erasure erases. What is beyond 4 KiB of a row lies on pages of its
// own.
const textsRoom = 4096

func (x *index) encode() (parts [indexParts][]byte) {
	parts[namesPart] = append(slices.Clone(x.types), x.names.encode()...)
	parts[textsPart] = append(make([]byte, textsRoom), x.texts.encode()...)
	if parts[idsPart] = []byte{}; x.packed {
		parts[idsPart] = slices.Clone(x.ids)
	}
	return parts
}

// finder finds the events that have a text.
type finder interface {
	find(text string, whole bool, found *eventSet) error
}

// known is what an index says, be it in memory or in the file.
type known struct {
	types []byte
	names finder
	texts func() (finder, error)
	ids   func() ([]byte, error)
}

// fewEvents is how many events are sooner read than their texts are looked up.
const fewEvents = 8

func (x *index) known() known {
	return known{x.types, x.names, func() (finder, error) { return x.texts, nil }, func() ([]byte, error) { return x.ids, nil }}
}

// pick returns the events of a stretch that a search may find. Those that it
// leaves out have a type, camera, source, text or id that isn't sought.
func (k known) pick(s *sought, n int64) (found eventSet, err error) {
	found.fill()
	if typed(s.Filter) {
		var some eventSet
		for at, t := range k.types {
			if t > 0 && s.Types.Has(event.Type(t)) {
				some.add(uint16(at))
			}
		}
		found.and(&some)
	}
	for _, names := range [][]string{s.cameras, s.sources} {
		if len(names) == 0 || slices.Contains(names, "") {
			continue // what has no camera isn't among the names
		}
		var some eventSet
		for _, name := range names {
			if err := k.names.find(name, true, &some); err != nil {
				return found, err
			}
		}
		found.and(&some)
	}
	if s.Text == "" || found.len() <= fewEvents {
		return found, nil
	}
	var some eventSet
	if err := k.names.find(s.text, false, &some); err != nil {
		return found, err
	}
	texts, err := k.texts()
	if err != nil {
		return found, err
	}
	if err := texts.find(s.text, false, &some); err != nil {
		return found, err
	}
	if err := s.ids.find(n, k.ids, &some); err != nil {
		return found, err
	}
	found.and(&some)
	return found, nil
}
