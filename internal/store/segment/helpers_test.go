package segment

import (
	"encoding/json"
	"fmt"
	"time"

	"postern/internal/event"
)

var start = time.Date(2026, 3, 19, 10, 32, 15, 123456000, time.UTC)

// made returns a sealed event with a new id, changed by change.
func made(change ...func(*event.Event)) *event.Event {
	e := &event.Event{ID: event.NewID(), Type: event.FaceMatched, Time: start, Source: "face_pipeline", Data: []byte(`{"label":"Alice"}`)}
	for _, f := range change {
		f(e)
	}
	e.Seal()
	return e
}

func withID(id string) func(*event.Event)     { return func(e *event.Event) { e.ID = id } }
func withData(data string) func(*event.Event) { return func(e *event.Event) { e.Data = []byte(data) } }

// typical returns an event of the usual size.
func typical(i int) *event.Event {
	data, err := json.Marshal(map[string]any{
		"identity_id": fmt.Sprintf("id-%06d", i%1000), "label": "Alice Smith", "similarity": 0.9312, "watchlist": "vip",
		"bbox": []int{412, 188, 96, 128}, "track_id": fmt.Sprintf("trk-%d", i), "frame": 900000 + i,
	})
	if err != nil {
		panic(err)
	}
	return made(func(e *event.Event) {
		e.Type = event.Type(i%10 + 1)
		e.Time = start.Add(time.Duration(i) * 1234 * time.Microsecond)
		e.Camera = fmt.Sprintf("lobby-cam-%d", i%16)
		e.Data = data
	})
}
