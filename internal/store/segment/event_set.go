package segment

import "math/bits"

// EventSet is a set of events of one segment, by their position in it.
type EventSet [Events / 64]uint64

func (s *EventSet) add(position uint16) { s[position/64] |= 1 << (position % 64) }

// Has reports whether the set has the event at a position.
func (s *EventSet) Has(position uint16) bool { return s[position/64]&(1<<(position%64)) != 0 }

// fill adds every event.
func (s *EventSet) fill() {
	for i := range s {
		s[i] = 1<<64 - 1
	}
}

func (s *EventSet) intersect(other *EventSet) {
	for i := range s {
		s[i] &= other[i]
	}
}

func (s *EventSet) len() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// Between returns the sequence numbers of the set's events from one number to
// another of the same segment, in order.
func (s *EventSet) Between(from, to int64) (seqs []int64) {
	first := First(Of(from))
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if seq := first + int64(i*64+bits.TrailingZeros64(word)); seq >= from && seq <= to {
				seqs = append(seqs, seq)
			}
		}
	}
	return seqs
}
