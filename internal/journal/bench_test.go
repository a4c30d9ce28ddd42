package journal

import (
	"context"
	"testing"

	"postern/internal/event"
)

func BenchmarkAppend100(b *testing.B) {
	j := open(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		events := make([]*event.Event, 100)
		for i := range events {
			events[i] = typical(i)
		}
		b.StartTimer()
		if err := j.Append(context.Background(), []*event.Batch{{Events: events}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkReadRare reads past events of other types, as the lane of an
// endpoint for a rare type does.
func BenchmarkReadRare(b *testing.B) {
	j := open(b)
	fill(b, j, readSpan)
	for b.Loop() {
		if _, _, err := j.Read(context.Background(), 0, 1<<30, 100); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*readSpan/b.Elapsed().Seconds(), "events/s")
}
