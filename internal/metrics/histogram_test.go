package metrics

import (
	"math"
	"sync"
	"testing"
	"time"
)

// counts returns the counts of each bucket alone.
func counts(h *Histogram) (counts []uint64) {
	is := h.read().GetHistogram()
	before := uint64(0)
	for _, b := range is.Bucket {
		counts, before = append(counts, b.GetCumulativeCount()-before), b.GetCumulativeCount()
	}
	return append(counts, is.GetSampleCount()-before)
}

func TestHistogram_counts_into_buckets(t *testing.T) {
	h := NewDurations("d", "Durations.", time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Hour} {
		h.ObserveDuration(d)
	}
	got := counts(h)
	if want := (time.Hour + time.Second + 2*time.Millisecond + 1).Seconds(); len(got) != 3 || got[0] != 2 || got[1] != 2 || got[2] != 1 ||
		h.Count() != 5 || math.Abs(h.Sum()-want) > 1e-9 {
		t.Errorf("got %v, %v", got, h.Sum())
	}
}

func TestHistogram_loses_no_observation(t *testing.T) {
	h := NewHistogram("h", "Anything.", 10, 20)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 1000 {
				h.Observe(float64(i * 4))
			}
		})
	}
	all.Wait()
	if h.Count() != 8000 || h.Sum() != 1000*4*28 {
		t.Errorf("got %v, %v", h.Count(), h.Sum())
	}
}

func BenchmarkHistogram(b *testing.B) {
	h := NewDurations("d", "Durations.", 100*time.Microsecond, 250*time.Microsecond, 500*time.Microsecond, time.Millisecond,
		2500*time.Microsecond,
		5*time.Millisecond, 10*time.Millisecond, 25*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond)
	b.ReportAllocs()
	for b.Loop() {
		h.ObserveDuration(10 * time.Millisecond)
	}
}
