package webhook

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// The set agrees with a map, whether its blocks are sparse or full.
func TestSeqSet_agreesWithAMap(t *testing.T) {
	t.Parallel()
	for seed, span := range []int64{100, 20_000, 1_000_000, 1 << 40} {
		rng := rand.New(rand.NewPCG(uint64(seed), 3))
		var s seqSet
		want := make(map[int64]bool)
		for range 20_000 {
			seq := 1 + rng.Int64N(span)
			if rng.IntN(3) == 0 {
				s.remove(seq)
				delete(want, seq)
			} else {
				s.add(seq)
				want[seq] = true
			}
			if s.has(seq) != want[seq] || s.len() != len(want) {
				t.Fatalf("span %d: %d is in it %t, which has %d, want %t and %d", span, seq, s.has(seq), s.len(), want[seq], len(want))
			}
		}
		first := span / 3
		s.removeBefore(first)
		var kept []int64
		for seq := range want {
			if seq >= first {
				kept = append(kept, seq)
			}
		}
		slices.Sort(kept)
		if got := s.sorted(); !slices.Equal(got, kept) || s.len() != len(kept) {
			t.Errorf("span %d: %d are left, counted as %d, want %d", span, len(got), s.len(), len(kept))
		}
		for _, seq := range kept {
			s.remove(seq)
		}
		if s.len() != 0 || len(s.blocks) != 0 {
			t.Errorf("span %d: an empty set has %d blocks", span, len(s.blocks))
		}
	}
}

// Numbers that are far apart take little memory.
func TestSeqSet_isSmallWhereItIsSparse(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var s seqSet
	const n = 10_000
	for i := range int64(n) {
		s.add(i * 10_000)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n; each > 200 {
		t.Errorf("%d bytes for each number", each)
	}
	runtime.KeepAlive(&s)
}
