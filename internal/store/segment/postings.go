package segment

import "encoding/binary"

// posting says that the event at a position has a term.
type posting struct {
	term     uint32
	position uint16
}

// appendPostings appends the postings list of a term: the positions of its
// events in ascending order, each as a varint of its distance from the one
// before, the first from 0.
func appendPostings(list []byte, positions []uint16) []byte {
	before := uint16(0)
	for _, position := range positions {
		list = binary.AppendUvarint(list, uint64(position-before))
		before = position
	}
	return list
}

// eachPosition calls yield with each position of a postings list, and reports
// whether the list is valid.
func eachPosition(list []byte, yield func(position uint16)) bool {
	position := uint64(0)
	for len(list) > 0 {
		distance, n := uint64(list[0]), 1
		if distance >= 0x80 {
			if distance, n = binary.Uvarint(list); n <= 0 {
				return false
			}
		}
		if position += distance; position >= Events || distance >= Events {
			return false
		}
		yield(uint16(position))
		list = list[n:]
	}
	return true
}
