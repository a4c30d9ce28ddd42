package measure

import (
	"reflect"
	"sync"
	"testing"
	"time"
)

func TestObservationsFallIntoTheirBuckets(t *testing.T) {
	h := NewDurations(time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Hour} {
		h.Observe(int64(d))
	}
	s := h.Snapshot()
	if !reflect.DeepEqual(s.Counts, []uint64{2, 2, 1}) || s.Count() != 5 || s.Sum != int64(time.Hour+time.Second+2*time.Millisecond+1) {
		t.Errorf("got %+v", s)
	}
}

func TestNoObservationIsLost(t *testing.T) {
	h := NewHistogram(10, 20)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 1000 {
				h.Observe(int64(i * 4))
			}
		})
	}
	all.Wait()
	if s := h.Snapshot(); s.Count() != 8000 || s.Sum != 1000*4*28 {
		t.Errorf("got %+v", s)
	}
}

func BenchmarkObserve(b *testing.B) {
	h := NewDurations(time.Microsecond, time.Millisecond, time.Second)
	for b.Loop() {
		h.Observe(int64(10 * time.Millisecond))
	}
}
