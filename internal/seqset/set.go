// Package seqset is a set of sequence numbers, which may be millions in a row or a
// few that are far apart.
package seqset

import (
	"iter"
	"math"
	"math/bits"
	"slices"
)

// Set is a set of sequence numbers. It has a block for every 8,192 numbers that
// aren't all absent: a sorted list of two bytes a number, and 1 KiB of bits where
// it has more than maxListed. The zero value is empty. Its methods are not safe
// for concurrent use.
type Set struct {
	blocks map[int64]*block
	count  int
}

// block has the numbers of a block, relative to its first.
type block struct {
	listed []uint16     // sorted; unused once there are bits
	bits   *[128]uint64 // nil for none
}

const (
	blockShift = 13
	maxListed  = 256
)

func place(seq int64) (n int64, at uint16) {
	return seq >> blockShift, uint16(seq & (1<<blockShift - 1))
}

func (b *block) has(at uint16) bool {
	if b.bits != nil {
		return b.bits[at/64]&(1<<(at%64)) != 0
	}
	_, found := slices.BinarySearch(b.listed, at)
	return found
}

// set adds or removes a number that is absent or present.
func (b *block) set(at uint16, present bool) {
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
func (b *block) numbers() []uint16 {
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

// next returns the smallest number that is not below at.
func (b *block) next(at uint16) (uint16, bool) {
	if b.bits == nil {
		i, _ := slices.BinarySearch(b.listed, at)
		if i == len(b.listed) {
			return 0, false
		}
		return b.listed[i], true
	}
	word := b.bits[at/64] >> (at % 64) << (at % 64)
	for i := int(at / 64); ; word = b.bits[i] {
		if word != 0 {
			return uint16(i<<6 | bits.TrailingZeros64(word)), true
		}
		if i++; i == len(b.bits) {
			return 0, false
		}
	}
}

func (b *block) empty() bool {
	return len(b.listed) == 0 && (b.bits == nil || *b.bits == [128]uint64{})
}

// Len returns how many numbers there are.
func (s *Set) Len() int { return s.count }

// Has reports whether a number is in the set.
func (s *Set) Has(seq int64) bool {
	n, at := place(seq)
	b := s.blocks[n]
	return b != nil && b.has(at)
}

// Add adds a number, if it is not there yet.
func (s *Set) Add(seq int64) {
	n, at := place(seq)
	b := s.blocks[n]
	if b == nil {
		if s.blocks == nil {
			s.blocks = make(map[int64]*block)
		}
		b = new(block)
		s.blocks[n] = b
	}
	if !b.has(at) {
		b.set(at, true)
		s.count++
	}
}

// Remove removes a number, if it is there.
func (s *Set) Remove(seq int64) {
	n, at := place(seq)
	b := s.blocks[n]
	if b == nil || !b.has(at) {
		return
	}
	b.set(at, false)
	s.count--
	if b.empty() {
		delete(s.blocks, n)
	}
}

// RemoveBefore removes all numbers below first.
func (s *Set) RemoveBefore(first int64) {
	for n, b := range s.blocks {
		switch {
		case (n+1)<<blockShift <= first:
			s.count -= len(b.numbers())
			delete(s.blocks, n)
		case n<<blockShift < first:
			for _, at := range slices.Clone(b.numbers()) {
				if seq := n<<blockShift | int64(at); seq < first {
					s.Remove(seq)
				}
			}
		}
	}
}

// Sorted returns the numbers in order.
func (s *Set) Sorted() []int64 {
	out := make([]int64, 0, s.count)
	for n, b := range s.blocks {
		for _, at := range b.numbers() {
			out = append(out, n<<blockShift|int64(at))
		}
	}
	slices.Sort(out)
	return out
}

// First returns the smallest number; zero where there is none.
func (s *Set) First() int64 {
	for seq := range s.Between(0, math.MaxInt64) {
		return seq
	}
	return 0
}

// Between returns the numbers from one to another, in order.
func (s *Set) Between(from, to int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for {
			seq, found := s.next(from, to)
			if !found || !yield(seq) || seq == to {
				return
			}
			from = seq + 1
		}
	}
}

// next returns the smallest number from one to another.
func (s *Set) next(from, to int64) (seq int64, found bool) {
	n, at := place(from)
	for last := to >> blockShift; n <= last; n, at = n+1, 0 {
		if b := s.blocks[n]; b != nil {
			if at, ok := b.next(at); ok {
				seq = n<<blockShift | int64(at)
				return seq, seq <= to
			}
		} else if last-n > int64(len(s.blocks)) { // too many to look at each
			n = s.blockAfter(n, last) - 1
		}
	}
	return 0, false
}

// blockAfter returns the number of the next block after n that there is, at most
// last+1.
func (s *Set) blockAfter(n, last int64) int64 {
	after := last + 1
	for m := range s.blocks {
		if m > n {
			after = min(after, m)
		}
	}
	return after
}
