package seqset

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// The set agrees with a map, whether its blocks are sparse or full.
func TestSet_agreesWithAMap(t *testing.T) {
	t.Parallel()
	for seed, span := range []int64{100, 20_000, 1_000_000, 1 << 40} {
		rng := rand.New(rand.NewPCG(uint64(seed), 3))
		var s Set
		want := make(map[int64]bool)
		for range 20_000 {
			seq := 1 + rng.Int64N(span)
			if rng.IntN(3) == 0 {
				s.Remove(seq)
				delete(want, seq)
			} else {
				s.Add(seq)
				want[seq] = true
			}
			if s.Has(seq) != want[seq] || s.Len() != len(want) {
				t.Fatalf("span %d: %d is in it %t, which has %d, want %t and %d", span, seq, s.Has(seq), s.Len(), want[seq], len(want))
			}
		}
		first := span / 3
		s.RemoveBefore(first)
		var kept []int64
		for seq := range want {
			if seq >= first {
				kept = append(kept, seq)
			}
		}
		slices.Sort(kept)
		if got := s.Sorted(); !slices.Equal(got, kept) || s.Len() != len(kept) {
			t.Errorf("span %d: %d are left, counted as %d, want %d", span, len(got), s.Len(), len(kept))
		}
		from, to := span/3, span/2
		kept = slices.DeleteFunc(kept, func(seq int64) bool { return seq > to })
		if got := slices.Collect(s.Between(from, to)); !slices.Equal(got, kept) {
			t.Errorf("span %d: %d are from %d to %d, want %d", span, len(got), from, to, len(kept))
		}
		for _, seq := range s.Sorted() {
			s.Remove(seq)
		}
		if s.Len() != 0 || len(s.blocks) != 0 {
			t.Errorf("span %d: an empty set has %d blocks", span, len(s.blocks))
		}
	}
}

// Numbers that are far apart take little memory.
func TestSet_isSmallWhereItIsSparse(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var s Set
	const n = 10_000
	for i := range int64(n) {
		s.Add(i * 10_000)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n; each > 200 {
		t.Errorf("%d bytes for each number", each)
	}
	runtime.KeepAlive(&s)
}

func TestSet_between(t *testing.T) {
	t.Parallel()
	var s Set
	if s.First() != 0 {
		t.Error("the empty set has numbers")
	}
	want := []int64{3, 64, 8191, 8192, 8193, 70_000, 1 << 50}
	for _, seq := range want {
		s.Add(seq)
	}
	if got := slices.Collect(s.Between(1, 1<<60)); !slices.Equal(got, want) || s.First() != 3 {
		t.Errorf("it has %v, from %d", got, s.First())
	}
	if got := slices.Collect(s.Between(64, 8192)); !slices.Equal(got, want[1:4]) {
		t.Errorf("from 64 to 8192 it has %v", got)
	}
}
