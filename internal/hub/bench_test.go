package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"postern/internal/event"
	"postern/internal/store"
)

// typical returns an event of about 330 bytes of JSON.
func typical(i int) *event.Event {
	data, _ := json.Marshal(map[string]any{
		"identity_id": fmt.Sprintf("id-%06d", i%1000), "label": "Alice Smith", "similarity": 0.9312, "watchlist": "vip",
		"bbox": []int{412, 188, 96, 128}, "track_id": fmt.Sprintf("trk-%d", i), "frame": 900000 + i,
	})
	return made(func(e *event.Event) { e.Camera, e.Data = "lobby-cam-1", data })
}

// BenchmarkPublish has 64 publishers of one event each a processor.
func BenchmarkPublish(b *testing.B) {
	log := openLog(b, store.Options{})
	h := newHub(b, log, DefaultHistory)
	b.SetParallelism(64)
	b.ReportAllocs()
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := h.Publish(context.Background(), []*event.Event{typical(int(n.Add(1)))}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/float64(log.appends.Load()), "events/commit")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkSearchTextInRing looks through the whole ring for what isn't there.
func BenchmarkSearchTextInRing(b *testing.B) {
	h := newHub(b, openLog(b, store.Options{}), DefaultHistory)
	events := make([]*event.Event, DefaultHistory)
	for i := range events {
		events[i] = typical(i)
	}
	publish(b, h, events...)
	for b.Loop() {
		if _, err := h.Search(context.Background(), event.Query{Filter: event.Filter{Text: "not there"}, Limit: 100}); err != nil {
			b.Fatal(err)
		}
	}
}
