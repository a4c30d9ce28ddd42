package fullsize

import (
	"context"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

// Size is how much a site has.
type Size struct {
	Cameras, Webhooks int
	// Events are all events, Alerts those of them that are open alerts.
	Events, Alerts int
	// Attempts are those of each webhook.
	Attempts int
}

// Full is the size for which the pages have budgets.
var Full = Size{Cameras: 400, Webhooks: 40, Events: 1_000_000, Alerts: 10_000, Attempts: 2_500}

// Sample is a site that is filled in a moment, with one of everything.
var Sample = Size{Cameras: 3, Webhooks: 4, Events: 600, Alerts: 12, Attempts: 20}

// The times of the events: half of them are of the last day, in batches of a
// minute; the other half are of the days before, in batches of half an hour.
const (
	days        = 7
	recentStep  = time.Minute
	earlierStep = 30 * time.Minute
)

// Fill makes a store in a folder and fills it, up to now.
func Fill(t testing.TB, dir string, size Size) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	now := time.Now().UTC()
	start := now.Add(-days * 24 * time.Hour)
	clock := eventtest.NewClock()
	clock.Set(start)
	s, err := store.Open(ctx, dir, store.Options{Now: clock.Now, Elapsed: func() time.Duration { return clock.Now().Sub(start) }})
	if err != nil {
		t.Fatal(err)
	}
	hooks := webhooks(size, start)
	for _, w := range hooks {
		if err := s.Deliveries.CreateEndpoint(ctx, w.record); err != nil {
			t.Fatal(err)
		}
	}
	appendAll(ctx, t, s, clock, size, now)
	for _, w := range hooks {
		for _, settlement := range w.settlements(size, s.Head(), now) {
			if err := s.Deliveries.Settle(ctx, settlement); err != nil {
				t.Fatal(err)
			}
		}
		if w.change.State != "" {
			state := deliveries.EndpointState{Endpoint: w.record.N, StateChange: w.change}
			if err := s.Deliveries.SetStates(ctx, 0, state); err != nil {
				t.Fatal(err)
			}
			if err := s.Deliveries.Settle(ctx, &deliveries.Settlement{Endpoint: w.record.N, FailingSince: w.failingSince()}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// appendAll appends the events, in the order of their times.
func appendAll(ctx context.Context, t testing.TB, s *store.Store, clock *eventtest.Clock, size Size, now time.Time) {
	t.Helper()
	recent := now.Add(-24 * time.Hour)
	n := 0
	through := func(share float64, step time.Duration) {
		events := make([]*event.Event, 0, 1024)
		for total := int(share * float64(size.Events)); n < total; n++ {
			events = append(events, newEvent(n, size, clock.Now().Add(-step), step))
		}
		if len(events) == 0 {
			return
		}
		batch := &event.Batch{Events: events, Producer: "engine"}
		if err := s.Append(ctx, []*event.Batch{batch}); err != nil || batch.Err != nil {
			t.Fatal(err, batch.Err)
		}
	}
	earlier := recent.Sub(clock.Now())
	for began := clock.Now(); clock.Now().Before(recent); {
		clock.Advance(earlierStep)
		through(float64(clock.Now().Sub(began))/float64(earlier)/2, earlierStep)
	}
	for clock.Now().Before(now) {
		clock.Advance(recentStep)
		through(min(1, 0.5+float64(clock.Now().Sub(recent))/float64(24*time.Hour)/2), recentStep)
	}
	through(1, recentStep)
}
