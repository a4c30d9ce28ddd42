package store

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"slices"

	"postern/internal/event"
)

// Bounds of a dictionary. What doesn't fit is the empty term's.
const (
	maxTermBytes       = 256
	maxDictionaryBytes = 64 * stretchEvents
	maxTermsPerEvent   = 32
)

// termEnd stands before, between and after the terms. No text has it, since it
// is never in UTF-8.
const termEnd = 0xff

// dictionary says which events of a stretch have which texts, while it grows.
// Texts are folded (event.Fold), each of them there once: a term. The first term is
// the empty one: its events may have any text.
type dictionary struct {
	text  []byte   // the terms
	ends  []uint32 // where in text each of them ends
	table []uint32 // terms by hash, plus one; a power of two long, and at most half full
	uses  []use    // in the events' order
}

// use says that an event has a term. at is the event's place in the stretch.
type use struct {
	term uint32
	at   uint16
}

var termSeed = maphash.MakeSeed()

func newDictionary() *dictionary {
	d := &dictionary{table: make([]uint32, 256)}
	d.reset()
	return d
}

// reset makes it empty, and keeps its room.
func (d *dictionary) reset() {
	d.text, d.ends, d.uses = append(d.text[:0], termEnd, termEnd), append(d.ends[:0], 1), d.uses[:0]
	clear(d.table)
}

// add notes that an event has a text, and tells w of texts that are new. The
// events come in their order.
func (d *dictionary) add(at uint16, text string, w *words) {
	begin := len(d.text)
	d.text = event.AppendFold(d.text, text)
	folded := d.text[begin:]
	term := uint32(0)
	switch {
	case text == "":
		return
	case len(folded) == 0:
		// Marks alone: a search can't find them, but an identity may be such.
	case len(folded) > maxTermBytes || begin+len(folded) >= maxDictionaryBytes:
		w.add(folded)
		d.text = d.text[:begin]
	default:
		slot := d.slot(folded)
		if d.table[slot] == 0 {
			w.add(folded)
			d.text, d.ends = append(d.text, termEnd), append(d.ends, uint32(len(d.text)))
			d.table[slot] = uint32(len(d.ends))
			term = uint32(len(d.ends)) - 1
			d.grow()
		} else {
			term = d.table[slot] - 1
			d.text = d.text[:begin]
		}
	}
	d.use(term, at)
}

// use notes a term of an event, once.
func (d *dictionary) use(term uint32, at uint16) {
	for i := len(d.uses) - 1; i >= 0 && d.uses[i].at == at; i-- {
		if d.uses[i].term == term {
			return
		}
		if len(d.uses)-i >= maxTermsPerEvent {
			term = 0
			if d.uses[len(d.uses)-1].term == 0 {
				return
			}
			break
		}
	}
	d.uses = append(d.uses, use{term, at})
}

// term returns a term's text.
func (d *dictionary) term(n uint32) []byte {
	if n == 0 {
		return nil
	}
	return d.text[d.ends[n-1]+1 : d.ends[n]]
}

// slot returns the place in the table that has a term, or could have it.
func (d *dictionary) slot(text []byte) uint64 {
	mask := uint64(len(d.table) - 1)
	slot := maphash.Bytes(termSeed, text) & mask
	for d.table[slot] != 0 && !bytes.Equal(d.term(d.table[slot]-1), text) {
		slot = (slot + 1) & mask
	}
	return slot
}

func (d *dictionary) grow() {
	if 2*len(d.ends) <= len(d.table) {
		return
	}
	d.table = make([]uint32, 2*len(d.table))
	for n := 1; n < len(d.ends); n++ {
		d.table[d.slot(d.term(uint32(n)))] = uint32(n) + 1
	}
}

// find adds to found the events that have a term that contains text or, if
// it is to be the whole, is text. It is folded.
func (d *dictionary) find(text string, whole bool, found *eventSet) error {
	picked := make([]bool, len(d.ends))
	picked[0] = true
	eachTerm(d.text, text, whole, func(n int) { picked[n] = true })
	for _, u := range d.uses {
		if picked[u.term] {
			found.add(u.at)
		}
	}
	return nil
}

// forget takes all that it says of some events out of it.
func (d *dictionary) forget(gone *eventSet) {
	d.dropUses(gone)
	used := make([]bool, len(d.ends))
	for _, u := range d.uses {
		used[u.term] = true
	}
	for n := 1; n < len(d.ends); n++ {
		if !used[n] {
			clear(d.term(uint32(n))) // its place stays: others have numbers
		}
	}
	clear(d.table)
	for n := 1; n < len(d.ends); n++ {
		if used[n] {
			d.table[d.slot(d.term(uint32(n)))] = uint32(n) + 1
		}
	}
}

// dropUses takes events out of it, and leaves the terms.
func (d *dictionary) dropUses(gone *eventSet) {
	d.uses = slices.DeleteFunc(d.uses, func(u use) bool { return gone.has(u.at) })
}

// eachTerm calls yield with the number of each term that contains text, or is
// it. No term has an empty text.
func eachTerm(terms []byte, text string, whole bool, yield func(n int)) {
	if text == "" {
		return
	}
	sought := []byte(text)
	if whole {
		sought = append(append([]byte{termEnd}, text...), termEnd)
	}
	n := -1
	for {
		i := bytes.Index(terms, sought)
		if i < 0 {
			return
		}
		if whole {
			i++
		}
		n += bytes.Count(terms[:i], []byte{termEnd})
		yield(n)
		end := bytes.IndexByte(terms[i:], termEnd)
		if end < 0 {
			return
		}
		terms = terms[i+end:]
	}
}

// eventSet is a set of events of a stretch, by their place in it.
type eventSet [stretchEvents / 64]uint64

func (s *eventSet) add(at uint16)      { s[at/64] |= 1 << (at % 64) }
func (s *eventSet) has(at uint16) bool { return s[at/64]&(1<<(at%64)) != 0 }

// fill adds all.
func (s *eventSet) fill() {
	for i := range s {
		s[i] = 1<<64 - 1
	}
}

func (s *eventSet) and(other *eventSet) {
	for i := range s {
		s[i] &= other[i]
	}
}

func (s *eventSet) len() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}
