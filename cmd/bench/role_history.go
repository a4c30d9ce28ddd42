package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"postern/internal/event"
	"postern/internal/store"
)

// The content of a large store: forty cameras, five sources and a thousand people.
// One event in the middle has a person and a source that no other event has.
const (
	historyDays = 20
	rarePerson  = "Xanthippe Quux"
	rareSource  = "gate_controller_zz"
)

// makeHistory fills a store in args[0] with args[1] events of the last
// twenty days.
func makeHistory(args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	now := time.Now().UTC().Add(-historyDays * 24 * time.Hour)
	step := historyDays * 24 * time.Hour / time.Duration(n+1)
	j, err := store.Open(context.Background(), args[0], store.Options{RetainBytes: 1 << 40, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < n; {
		batch := &event.Batch{}
		for ; len(batch.Events) < 1000 && at < n; at++ {
			now = now.Add(step)
			batch.Events = append(batch.Events, historic(random, now, at, n))
		}
		if err := j.Append(context.Background(), []*event.Batch{batch}); err != nil {
			return err
		}
	}
	if err := j.Close(); err != nil {
		return err
	}
	_, err = fmt.Println(n)
	return err
}

// historic makes the at-th of n events. Alerts and faults are few.
func historic(random *rand.Rand, now time.Time, at, n int) *event.Event {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	label := pick("Alice", "Bob", "Carla", "David", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy") + " " +
		pick("Smith", "Jones", "Miller", "Garcia", "Novak", "Rossi", "Silva", "Kim", "Chen", "Zoë")
	e := &event.Event{
		ID: event.NewID(), Type: event.Type(1 + random.IntN(10)),
		Time:   now.Add(-time.Duration(random.IntN(3000)) * time.Millisecond).Truncate(time.Microsecond),
		Source: pick("face_pipeline", "person_tracker", "video", "liveness", "document"), Camera: fmt.Sprintf("lobby-cam-%d", random.IntN(40)),
	}
	if e.Type.Info().Meaning.Urgent() && random.IntN(300) > 0 {
		e.Type = event.FaceDetected
	}
	if at == n/3 {
		label = rarePerson
	}
	if at == n/2 {
		e.Source = rareSource
	}
	e.Data = fmt.Appendf(nil, `{"bbox":[412,188,96,128],"frame":%d,"identity_id":"id-%06d","label":%q,"similarity":0.9312,`+
		`"track_id":"trk-%d","watchlist":"vip"}`,
		900000+at, random.IntN(1000), label, at)
	e.Finalize()
	return e
}
