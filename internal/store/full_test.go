package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// settleNow settles without waiting for an append.
func settleNow(j *Store, s *deliveries.Settlement) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return j.Deliveries.Settle(ctx, s)
}

// large returns n attempts that failed at length.
func large(n int) []delivery.Attempt {
	attempts := make([]delivery.Attempt, n)
	for i := range attempts {
		attempts[i] = tried(int64(i+1), 1, 3)
		attempts[i].Response = fmt.Sprintf("%08192d", i)
	}
	return attempts
}

// fillUp appends until there is no room, and returns how many events were
// kept and the last commit's, which weren't.
func fillUp(t *testing.T, j *Store) (kept int, refused []*event.Event) {
	t.Helper()
	for kept < 100_000 {
		var events []*event.Event
		for i := range 50 {
			events = append(events, typical(kept+i))
		}
		err := j.Append(context.Background(), []*event.Batch{{Events: events[:20]}, {Events: events[20:]}})
		if errors.Is(err, database.ErrFull) {
			return kept, events
		}
		if err != nil {
			t.Fatalf("Append with no room left: %v, want database.ErrFull", err)
		}
		kept += len(events)
	}
	t.Fatal("the disk doesn't get full")
	return 0, nil
}

func TestAStoreThatMayNotGrow(t *testing.T) {
	// The same as a full disk, without one.
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	e := endpoint(t, j.Deliveries, "wh_a")
	pragma(t, j, "max_page_count = 100")
	kept, refused := fillUp(t, j)
	wantGapless(t, j, 1, kept)
	wantGone(t, j, refused...)
	if err := settleNow(j, &deliveries.Settlement{Endpoint: e.N, Cursor: 3, Attempts: large(50)}); !errors.Is(err, database.ErrFull) {
		t.Errorf("Settle: %v, want database.ErrFull", err)
	}
	if err := j.Deliveries.CreateEndpoint(context.Background(),
		&deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_b", URL: string(make([]byte, 1<<20)), CreatedAt: start,
			UpdatedAt: start}}); !errors.Is(err, database.ErrFull) {
		t.Errorf("CreateEndpoint: %v, want database.ErrFull", err)
	}

	// Retention makes room.
	clock.Advance(2 * time.Hour)
	if n := retain(t, j); n != int64(kept) {
		t.Errorf("retention removed %d events, want %d", n, kept)
	}
	add(t, j, refused...)
	wantGapless(t, reopen(t, j), int64(kept)+1, len(refused))
}

func TestAFailedAppendSaysNothingOfItsEvents(t *testing.T) {
	// A producer that sends again hands in the same events.
	t.Parallel()
	j := open(t)
	add(t, j, made(withID("known")), made(withID("taken")))
	pragma(t, j, "max_page_count = 100")
	fillUp(t, j)
	batches := []*event.Batch{
		{Events: []*event.Event{made(withID("known")), made(withData(`{"fill":"` + string(bytes.Repeat([]byte("x"), 200_000)) + `"}`))}},
		{Events: []*event.Event{made(), made(withID("taken"), withData(`{}`))}},
	}
	for range 2 {
		if err := j.Append(context.Background(), batches); !errors.Is(err, database.ErrFull) {
			t.Fatalf("Append: %v, want database.ErrFull", err)
		}
		for _, b := range batches {
			if b.Err != nil || b.Duplicates != 0 {
				t.Errorf("a batch that failed has %d duplicates, error %v", b.Duplicates, b.Err)
			}
			for _, e := range b.Events {
				if e.Seq != 0 || !e.Received.IsZero() {
					t.Errorf("an event that wasn't kept has the number %d, received at %s", e.Seq, e.Received)
				}
			}
		}
	}
	pragma(t, j, "max_page_count = 1000")
	addGroup(t, j, batches...)
	if batches[0].Err != nil || batches[0].Duplicates != 1 {
		t.Errorf("once there is room: %d duplicates, error %v; want 1", batches[0].Duplicates, batches[0].Err)
	}
	wantTaken(t, batches[1], 1, "taken")
	events := all(t, j)
	wantGapless(t, j, 1, len(events))
}

func TestARefusedAppendTakesItsSettlementsAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		e := endpoint(t, j.Deliveries, "wh_a")
		pragma(t, j, "max_page_count = 100")
		_, refused := fillUp(t, j)
		done := make(chan error, 1)
		go func() {
			done <- j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: e.N, Cursor: 3})
		}()
		time.Sleep(database.ShareAge) // an append takes it along from then on
		if err := j.Append(context.Background(), []*event.Batch{{Events: refused}}); !errors.Is(err, database.ErrFull) {
			t.Fatalf("Append: %v, want database.ErrFull", err)
		}
		synctest.Wait()
		select {
		case err := <-done:
			if !errors.Is(err, database.ErrFull) {
				t.Errorf("the settlement: %v, want database.ErrFull", err)
			}
		default:
			t.Error("the settlement still waits")
		}
		if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 0 {
			t.Errorf("the cursor is %d, want 0", got)
		}
	})
}

func TestAProbeFailsForAWhileAfterARefusedAppend(t *testing.T) {
	// A probe's write is small and may fit where events don't.
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	pragma(t, j, "max_page_count = 100")
	fillUp(t, j)
	ctx := context.Background()
	if err := j.DB.Probe(ctx); !errors.Is(err, database.ErrFull) {
		t.Errorf("Probe: %v, want database.ErrFull", err)
	}
	clock.Advance(database.FailureHolds)
	if err := j.DB.Probe(ctx); err != nil {
		t.Errorf("Probe %s later: %v", database.FailureHolds, err)
	}
	fillUp(t, j)
	pragma(t, j, "max_page_count = 1000")
	add(t, j, several(1)...)
	if err := j.DB.Probe(ctx); err != nil {
		t.Errorf("Probe after an append that worked: %v", err)
	}
}

func TestAStoreThatCantBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(1)...)
	readOnly(t, j, true)
	if err := j.Append(context.Background(), []*event.Batch{{Events: several(1)}}); !errors.Is(err, database.ErrUnwritable) ||
		errors.Is(err, database.ErrFull) {
		t.Errorf("Append: %v, want database.ErrUnwritable", err)
	}
	readOnly(t, j, false)
	add(t, j, several(1)...)
	wantGapless(t, j, 1, 2)
}
