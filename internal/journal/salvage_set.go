package journal

import (
	"iter"
	"maps"
	"math/bits"
	"slices"
)

// seqSet is a set of sequence numbers, a bit each. It has room for those that lie
// near others.
type seqSet map[int64]*[seqSetWords]uint64

const (
	seqSetWords = 128
	seqSetSpan  = seqSetWords * 64
)

func (s seqSet) add(seq int64) {
	block := s[seq/seqSetSpan]
	if block == nil {
		block = new([seqSetWords]uint64)
		s[seq/seqSetSpan] = block
	}
	block[seq%seqSetSpan/64] |= 1 << (seq % 64)
}

func (s seqSet) has(seq int64) bool {
	block := s[seq/seqSetSpan]
	return block != nil && block[seq%seqSetSpan/64]&(1<<(seq%64)) != 0
}

// between returns the numbers from one to another, in order.
func (s seqSet) between(from, to int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for n := from / seqSetSpan; n <= to/seqSetSpan; n++ {
			block := s[n]
			if block == nil {
				if to/seqSetSpan-n > int64(len(s)) { // too many to look at each
					n = s.nextBlock(n, to/seqSetSpan) - 1
				}
				continue
			}
			for i, word := range block {
				for ; word != 0; word &= word - 1 {
					seq := n*seqSetSpan + int64(i*64+bits.TrailingZeros64(word))
					if seq >= from && seq <= to && !yield(seq) {
						return
					}
				}
			}
		}
	}
}

// nextBlock returns the number of the next block after n that there is, at most
// last+1.
func (s seqSet) nextBlock(n, last int64) int64 {
	next := last + 1
	for m := range s {
		if m > n {
			next = min(next, m)
		}
	}
	return next
}

// first returns the smallest number; zero where there is none.
func (s seqSet) first() int64 {
	if len(s) == 0 {
		return 0
	}
	n := slices.Min(slices.Collect(maps.Keys(s)))
	for seq := range s.between(n*seqSetSpan, (n+1)*seqSetSpan-1) {
		return seq
	}
	return 0
}

// last returns the largest number; zero where there is none.
func (s seqSet) last() (last int64) {
	if len(s) == 0 {
		return 0
	}
	n := slices.Max(slices.Collect(maps.Keys(s)))
	for seq := range s.between(n*seqSetSpan, (n+1)*seqSetSpan-1) {
		last = seq
	}
	return last
}
