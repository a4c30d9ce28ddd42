package segment

import (
	"encoding/binary"
	"slices"
)

// dictionaryVersion is the first byte of an encoded term dictionary.
const dictionaryVersion = 1

// encode returns the term dictionary in the file's format (doc.go).
func (d *termDictionary) encode() []byte {
	positions, starts := d.positionsByTerm()
	unique, shared := []byte{termEnd}, []byte{termEnd}
	var uniquePositions, lists, list []byte
	nUnique, nShared := 0, 0
	for n := range d.ends {
		of := positions[starts[n]:starts[n+1]]
		switch term := d.term(uint32(n)); {
		case n != emptyTerm && len(of) == 0:
		case n != emptyTerm && len(of) == 1:
			unique = append(append(unique, term...), termEnd)
			uniquePositions = binary.LittleEndian.AppendUint16(uniquePositions, of[0])
			nUnique++
		default:
			shared = append(append(shared, term...), termEnd)
			list = appendPostings(list[:0], of)
			lists = append(binary.AppendUvarint(lists, uint64(len(list))), list...)
			nShared++
		}
	}
	b := make([]byte, 0, 32+len(unique)+len(uniquePositions)+len(shared)+len(lists))
	b = binary.AppendUvarint(append(b, dictionaryVersion), uint64(nUnique))
	b = append(b, uniquePositions...)
	b = append(binary.AppendUvarint(b, uint64(len(unique))), unique...)
	b = append(binary.AppendUvarint(b, uint64(nShared)), lists...)
	return append(binary.AppendUvarint(b, uint64(len(shared))), shared...)
}

// positionsByTerm sorts the postings by term. The positions of term n are
// positions[starts[n]:starts[n+1]], in order.
func (d *termDictionary) positionsByTerm() (positions []uint16, starts []uint32) {
	starts = make([]uint32, len(d.ends)+1)
	for _, p := range d.postings {
		starts[p.term+1]++
	}
	for i := range d.ends {
		starts[i+1] += starts[i]
	}
	positions = make([]uint16, len(d.postings))
	next := slices.Clone(starts)
	for _, p := range d.postings {
		positions[next[p.term]] = p.position
		next[p.term]++
	}
	return positions, starts
}
