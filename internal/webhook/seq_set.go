package webhook

import (
	"math/bits"
	"slices"
)

// seqSet is a set of sequence numbers. It has a block for every 8,192 numbers
// that aren't all absent: a sorted list of two bytes a number, and 1 KiB of bits
// where it has more than maxListed. Exhausted deliveries may be millions, or a
// few that are far apart.
type seqSet struct {
	blocks map[int64]*seqBlock
	count  int
}

// seqBlock has the numbers of a block, relative to its first.
type seqBlock struct {
	listed []uint16     // sorted; unused once there are bits
	bits   *[128]uint64 // nil for none
}

const (
	seqBlockShift = 13
	maxListed     = 256
)

func seqPlace(seq int64) (block int64, at uint16) {
	return seq >> seqBlockShift, uint16(seq & (1<<seqBlockShift - 1))
}

func (b *seqBlock) has(at uint16) bool {
	if b.bits != nil {
		return b.bits[at/64]&(1<<(at%64)) != 0
	}
	_, found := slices.BinarySearch(b.listed, at)
	return found
}

// set adds or removes a number that is absent or present.
func (b *seqBlock) set(at uint16, present bool) {
	if b.bits != nil {
		b.bits[at/64] ^= 1 << (at % 64)
		return
	}
	i, _ := slices.BinarySearch(b.listed, at)
	if !present {
		b.listed = slices.Delete(b.listed, i, i+1)
		return
	}
	if b.listed = slices.Insert(b.listed, i, at); len(b.listed) <= maxListed {
		return
	}
	b.bits = new([128]uint64)
	for _, at := range b.listed {
		b.bits[at/64] |= 1 << (at % 64)
	}
	b.listed = nil
}

// numbers returns the block's numbers in order.
func (b *seqBlock) numbers() []uint16 {
	if b.bits == nil {
		return b.listed
	}
	var out []uint16
	for i, word := range b.bits {
		for ; word != 0; word &= word - 1 {
			out = append(out, uint16(i<<6|bits.TrailingZeros64(word)))
		}
	}
	return out
}

func (b *seqBlock) empty() bool {
	return len(b.listed) == 0 && (b.bits == nil || *b.bits == [128]uint64{})
}

func (s *seqSet) len() int { return s.count }

func (s *seqSet) has(seq int64) bool {
	block, at := seqPlace(seq)
	b := s.blocks[block]
	return b != nil && b.has(at)
}

func (s *seqSet) add(seq int64) {
	block, at := seqPlace(seq)
	b := s.blocks[block]
	if b == nil {
		if s.blocks == nil {
			s.blocks = make(map[int64]*seqBlock)
		}
		b = new(seqBlock)
		s.blocks[block] = b
	}
	if !b.has(at) {
		b.set(at, true)
		s.count++
	}
}

func (s *seqSet) remove(seq int64) {
	block, at := seqPlace(seq)
	b := s.blocks[block]
	if b == nil || !b.has(at) {
		return
	}
	b.set(at, false)
	s.count--
	if b.empty() {
		delete(s.blocks, block)
	}
}

// removeBefore removes all numbers below first.
func (s *seqSet) removeBefore(first int64) {
	for block, b := range s.blocks {
		switch {
		case (block+1)<<seqBlockShift <= first:
			s.count -= len(b.numbers())
			delete(s.blocks, block)
		case block<<seqBlockShift < first:
			for _, at := range slices.Clone(b.numbers()) {
				if seq := block<<seqBlockShift | int64(at); seq < first {
					s.remove(seq)
				}
			}
		}
	}
}

// sorted returns the numbers in order.
func (s *seqSet) sorted() []int64 {
	out := make([]int64, 0, s.count)
	for block, b := range s.blocks {
		for _, at := range b.numbers() {
			out = append(out, block<<seqBlockShift|int64(at))
		}
	}
	slices.Sort(out)
	return out
}
