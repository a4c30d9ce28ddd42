package store

import (
	"encoding/binary"
	"errors"
	"slices"

	"postern/internal/varint"
)

var errIndex = errors.New("the index of a stretch is damaged")

// encode writes a dictionary:
//
//	1         the version; what was blanked has zero here
//	singles   count; each one's event in 2 bytes; length of their terms; terms
//	shared    count; for each, the bytes that its events take, and these: each
//	          as what is between it and the one before; length of their terms;
//	          terms
//
// Singles are the terms of one event, which need no more than that. The empty
// term is the first of the shared ones. Numbers are varints; terms have an end
// before, between and after them. Zeros may follow.
func (d *dictionary) encode() []byte {
	starts := make([]uint32, len(d.ends)+1) // where a term's events begin in places
	for _, u := range d.uses {
		starts[u.term+1]++
	}
	for i := range d.ends {
		starts[i+1] += starts[i]
	}
	places := make([]uint16, len(d.uses))
	next := slices.Clone(starts)
	for _, u := range d.uses {
		places[next[u.term]] = u.at
		next[u.term]++
	}
	singles, shared := []byte{termEnd}, []byte{termEnd}
	var singlePlaces, lists, list []byte
	nSingles, nShared := 0, 0
	for n := range d.ends {
		events := places[starts[n]:starts[n+1]]
		switch term := d.term(uint32(n)); {
		case n > 0 && len(events) == 0:
		case n > 0 && len(events) == 1:
			singles = append(append(singles, term...), termEnd)
			singlePlaces = binary.LittleEndian.AppendUint16(singlePlaces, events[0])
			nSingles++
		default:
			shared = append(append(shared, term...), termEnd)
			list = list[:0]
			before := uint16(0)
			for _, at := range events {
				list = binary.AppendUvarint(list, uint64(at-before))
				before = at
			}
			lists = append(binary.AppendUvarint(lists, uint64(len(list))), list...)
			nShared++
		}
	}
	b := make([]byte, 0, 32+len(singles)+len(singlePlaces)+len(shared)+len(lists))
	b = binary.AppendUvarint(append(b, indexVersion), uint64(nSingles))
	b = append(b, singlePlaces...)
	b = append(binary.AppendUvarint(b, uint64(len(singles))), singles...)
	b = append(binary.AppendUvarint(b, uint64(nShared)), lists...)
	return append(binary.AppendUvarint(b, uint64(len(shared))), shared...)
}

const indexVersion = 1

// section is a dictionary as it was written.
type section struct {
	places  []byte // of singles
	singles []byte
	lists   [][]byte // of shared
	shared  []byte
}

// decodeSection reads what encode wrote, as far as finding takes it.
func decodeSection(b []byte) (*section, error) {
	r := varint.Reader{Rest: b}
	if r.Octet() != indexVersion {
		return nil, errIndex
	}
	s := new(section)
	if n := r.Length(); 2*n <= int64(len(r.Rest)) {
		s.places, r.Rest = r.Rest[:2*n], r.Rest[2*n:]
	} else {
		return nil, errIndex
	}
	s.singles = r.Bytes()
	n := r.Length()
	s.lists = make([][]byte, 0, min(n, 2*stretchEvents))
	for range n {
		s.lists = append(s.lists, r.Bytes())
	}
	s.shared = r.Bytes()
	if r.Broken || len(s.lists) == 0 {
		return nil, errIndex
	}
	return s, nil
}

// find is dictionary's.
func (s *section) find(text string, whole bool, found *eventSet) (err error) {
	eachTerm(s.singles, text, whole, func(n int) {
		if at := s.single(n); at < stretchEvents {
			found.add(at)
		} else {
			err = errIndex
		}
	})
	shared := func(n int) {
		if n >= len(s.lists) {
			err = errIndex
			return
		}
		if !eachPlace(s.lists[n], found.add) {
			err = errIndex
		}
	}
	shared(0)
	eachTerm(s.shared, text, whole, shared)
	return err
}

// single returns the place of a term's only event, and something beyond all
// places where there is none.
func (s *section) single(n int) uint16 {
	if 2*n+2 > len(s.places) {
		return stretchEvents
	}
	return binary.LittleEndian.Uint16(s.places[2*n:])
}

// eachPlace reads the places of a term's events, and reports whether they are
// whole.
func eachPlace(list []byte, yield func(at uint16)) bool {
	at := uint64(0)
	for len(list) > 0 {
		d, n := uint64(list[0]), 1
		if d >= 0x80 {
			if d, n = binary.Uvarint(list); n <= 0 {
				return false
			}
		}
		if at += d; at >= stretchEvents || d >= stretchEvents {
			return false
		}
		yield(uint16(at))
		list = list[n:]
	}
	return true
}

// forget returns what encode would have written without some events, as long
// as it was: a row that keeps its length is overwritten where it lies.
func (s *section) forget(gone *eventSet, length int) ([]byte, error) {
	d := &dictionary{text: []byte{termEnd, termEnd}, ends: []uint32{1}}
	broken := false
	add := func(terms []byte, place func(n int, use func(at uint16))) {
		for n := 0; len(terms) > 1; n++ {
			terms = terms[1:] // the end before it
			end := slices.Index(terms, termEnd)
			if end < 0 {
				broken = true
				return
			}
			term := uint32(0)
			if end > 0 {
				d.text = append(append(d.text, terms[:end]...), termEnd)
				d.ends = append(d.ends, uint32(len(d.text)-1))
				term = uint32(len(d.ends) - 1)
			}
			place(n, func(at uint16) { d.uses = append(d.uses, use{term, at}) })
			terms = terms[end:]
		}
	}
	add(s.shared, func(n int, use func(uint16)) {
		broken = broken || n >= len(s.lists) || !eachPlace(s.lists[n], use)
	})
	add(s.singles, func(n int, use func(uint16)) {
		at := s.single(n)
		if broken = broken || at >= stretchEvents; !broken {
			use(at)
		}
	})
	if broken {
		return nil, errIndex
	}
	d.dropUses(gone)
	b := d.encode()
	if len(b) > length {
		return nil, errIndex
	}
	return append(b, make([]byte, length-len(b))...), nil
}
