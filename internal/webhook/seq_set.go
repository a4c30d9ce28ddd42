package webhook

import (
	"math/bits"
	"slices"
)

// seqSet is a set of sequence numbers, stored as a bitmap: 1 KiB for every
// block of 8,192 numbers that isn't empty. Exhausted deliveries may be
// millions.
type seqSet struct {
	blocks map[int64]*[128]uint64
	count  int
}

func seqPlace(seq int64) (block int64, word int, bit uint64) {
	return seq >> 13, int(seq >> 6 & 127), 1 << (seq & 63)
}

func (s *seqSet) len() int { return s.count }

func (s *seqSet) has(seq int64) bool {
	block, word, bit := seqPlace(seq)
	b := s.blocks[block]
	return b != nil && b[word]&bit != 0
}

func (s *seqSet) add(seq int64) {
	block, word, bit := seqPlace(seq)
	b := s.blocks[block]
	if b == nil {
		if s.blocks == nil {
			s.blocks = make(map[int64]*[128]uint64)
		}
		b = new([128]uint64)
		s.blocks[block] = b
	}
	if b[word]&bit == 0 {
		b[word] |= bit
		s.count++
	}
}

func (s *seqSet) remove(seq int64) {
	block, word, bit := seqPlace(seq)
	b := s.blocks[block]
	if b == nil || b[word]&bit == 0 {
		return
	}
	b[word] &^= bit
	s.count--
	if *b == [128]uint64{} {
		delete(s.blocks, block)
	}
}

// removeBefore removes all numbers below first.
func (s *seqSet) removeBefore(first int64) {
	for block, b := range s.blocks {
		switch {
		case (block+1)<<13 <= first:
			for _, word := range b {
				s.count -= bits.OnesCount64(word)
			}
			delete(s.blocks, block)
		case block<<13 < first:
			for seq := block << 13; seq < first; seq++ {
				s.remove(seq)
			}
		}
	}
}

// sorted returns the numbers in order.
func (s *seqSet) sorted() []int64 {
	out := make([]int64, 0, s.count)
	for block, b := range s.blocks {
		for i, word := range b {
			for ; word != 0; word &= word - 1 {
				out = append(out, block<<13|int64(i<<6|bits.TrailingZeros64(word)))
			}
		}
	}
	slices.Sort(out)
	return out
}
