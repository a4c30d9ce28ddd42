// Package measure counts how often something took how long. It owns the
// Histogram, which costs an addition or two wherever it stands, and knows
// nothing of who reads it or in which format.
package measure

import (
	"sync/atomic"
	"time"
)

// Histogram counts observations by size. Its methods are safe for concurrent
// use, and Observe neither waits nor allocates.
type Histogram struct {
	bounds []int64
	counts []atomic.Uint64 // one more than bounds: what is larger than all
	sum    atomic.Int64
}

// NewHistogram makes a histogram with the buckets' upper bounds, which are
// included, in rising order.
func NewHistogram(bounds ...int64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// NewDurations is NewHistogram for durations, which are counted in
// nanoseconds.
func NewDurations(bounds ...time.Duration) *Histogram {
	ns := make([]int64, len(bounds))
	for i, d := range bounds {
		ns[i] = int64(d)
	}
	return NewHistogram(ns...)
}

// Observe counts one observation.
func (h *Histogram) Observe(v int64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(v)
}

// Snapshot is a histogram at one moment.
type Snapshot struct {
	Bounds []int64  // upper, included; read-only
	Counts []uint64 // of each bucket alone; the last is for what is larger than all bounds
	Sum    int64
}

// Snapshot returns the counts as they are now.
func (h *Histogram) Snapshot() Snapshot {
	s := Snapshot{Bounds: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: h.sum.Load()}
	for i := range h.counts {
		s.Counts[i] = h.counts[i].Load()
	}
	return s
}

// Count is how many observations there were.
func (s Snapshot) Count() (n uint64) {
	for _, c := range s.Counts {
		n += c
	}
	return n
}
