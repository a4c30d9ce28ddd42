package eventtest

import (
	"encoding/json"
	"fmt"
	"time"

	"postern/internal/event"
)

// New returns a sealed event with a new id, changed by change.
func New(change ...func(*event.Event)) *event.Event {
	e := &event.Event{ID: event.NewID(), Type: event.FaceMatched, Time: Start, Source: "face_pipeline", Data: []byte(`{"label":"Alice"}`)}
	for _, f := range change {
		f(e)
	}
	e.Finalize()
	return e
}

// Several returns n events whose times are a second apart.
func Several(n int, change ...func(*event.Event)) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = New(append([]func(*event.Event){At(Start.Add(time.Duration(i) * time.Second))}, change...)...)
	}
	return events
}

// Typical returns an event of about 330 bytes of JSON, as engines send them. The
// n-th differs from its neighbours in type, camera, identity and time.
func Typical(n int) *event.Event {
	data, err := json.Marshal(map[string]any{
		"identity_id": fmt.Sprintf("id-%06d", n%1000), "label": "Alice Smith", "similarity": 0.9312, "watchlist": "vip",
		"bbox": []int{412, 188, 96, 128}, "track_id": fmt.Sprintf("trk-%d", n), "frame": 900000 + n,
	})
	if err != nil {
		panic(err) // the map can always be encoded
	}
	return New(func(e *event.Event) {
		e.Type = event.Type(n%10 + 1)
		e.Time = Start.Add(time.Duration(n) * 1234 * time.Microsecond)
		e.Camera = fmt.Sprintf("lobby-cam-%d", n%16)
		e.Data = data
	})
}

// WithID has the event carry an id of its producer's.
func WithID(id string) func(*event.Event) { return func(e *event.Event) { e.ID = id } }

// WithType changes the event's type.
func WithType(typ event.Type) func(*event.Event) { return func(e *event.Event) { e.Type = typ } }

// WithCamera names the event's camera.
func WithCamera(id string) func(*event.Event) { return func(e *event.Event) { e.Camera = id } }

// WithSource names the event's source.
func WithSource(name string) func(*event.Event) { return func(e *event.Event) { e.Source = name } }

// WithData changes the event's data, which is JSON.
func WithData(data string) func(*event.Event) {
	return func(e *event.Event) { e.Data = []byte(data) }
}

// At sets the event's time.
func At(t time.Time) func(*event.Event) { return func(e *event.Event) { e.Time = t } }

// Stamped sets the event's time as one that its producer gave, rather than the
// time of its arrival.
func Stamped(t time.Time) func(*event.Event) {
	return func(e *event.Event) { e.Time, e.Stamped = t, true }
}
