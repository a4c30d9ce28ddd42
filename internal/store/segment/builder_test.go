package segment

import (
	"testing"

	"postern/internal/event"
)

// BenchmarkBuilder adds the events of a segment, and encodes its blocks.
func BenchmarkBuilder(b *testing.B) {
	events := make([]*event.Event, Events)
	for i := range events {
		events[i] = typical(i)
		events[i].Seq = int64(i + 1)
	}
	builder := NewBuilder()
	b.ReportAllocs()
	for b.Loop() {
		s := New(0)
		for _, e := range events {
			s.Add(e, builder)
		}
		builder.encode()
		builder.Reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Events, "ns/event")
}
