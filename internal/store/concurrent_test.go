package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Minute})
	ctx := context.Background()
	const writers, commits = 3, 25
	var endpoints []*deliveries.EndpointRecord
	for i := range 2 {
		endpoints = append(endpoints, endpoint(t, j.Deliveries, fmt.Sprintf("wh_%d", i)))
	}

	var work, watch sync.WaitGroup
	stop := make(chan struct{})
	var appended sync.Map // id of each event that was appended
	for range writers {
		work.Go(func() {
			for range commits {
				events := several(1 + rand.IntN(30))
				if err := j.Append(ctx, []*event.Batch{{Events: events}, {Events: several(1)}}); err != nil {
					t.Errorf("Append: %v", err)
				}
				for _, e := range events {
					appended.Store(e.Seq, e.ID)
				}
				clock.Advance(time.Second)
			}
		})
	}
	for _, e := range endpoints {
		work.Go(func() {
			for i := range int64(commits) {
				s := &deliveries.Settlement{Endpoint: e.N, Cursor: i + 1, Delivered: 1, Attempts: []delivery.Attempt{tried(i+1, 1, 0)}}
				if err := settleNow(j, s); err != nil {
					t.Errorf("Settle: %v", err)
				}
			}
		})
	}
	for range 2 {
		watch.Go(func() {
			for !ended(stop) {
				if _, err := j.Retain(ctx); err != nil {
					t.Errorf("Retain: %v", err)
				}
			}
		})
	}
	watch.Go(func() {
		last := int64(0)
		for !ended(stop) {
			first, head := j.First(), j.Head()
			events, through, err := j.Read(ctx, last, 0, 20)
			if err != nil || through < last {
				t.Errorf("Read: through %d after %d, %v", through, last, err)
			}
			for _, e := range events {
				// Only events that retention removed meanwhile may be skipped.
				if e.Seq != last+1 && e.Seq > j.First() && last+1 >= first {
					t.Errorf("read %d after %d, first %d to %d, head %d", e.Seq, last, first, j.First(), head)
				}
				last = e.Seq
			}
			last = max(last, through)
		}
	})
	watch.Go(func() {
		for !ended(stop) {
			page, err := j.Search(ctx, event.Query{Filter: event.Filter{Types: event.Types(event.FaceMatched), Text: "alice"}, Limit: 10})
			if err != nil {
				t.Errorf("Search: %v", err)
			}
			for i := 1; i < len(page.Events); i++ {
				if page.Events[i].Seq != page.Events[i-1].Seq-1 {
					t.Errorf("a page has %d after %d", page.Events[i].Seq, page.Events[i-1].Seq)
				}
			}
			for _, e := range page.Events {
				if _, err := j.Get(ctx, e.ID); err != nil && !errors.Is(err, event.ErrNotFound) {
					t.Errorf("Get: %v", err)
				}
			}
			if _, err := firstPage(j.Deliveries, "wh_0", 5); err != nil {
				t.Errorf("Attempts: %v", err)
			}
		}
	})
	work.Wait()
	close(stop)
	watch.Wait()

	events := all(t, j)
	wantGapless(t, j, j.First(), len(events))
	count := 0
	appended.Range(func(seq, id any) bool {
		if i := seq.(int64) - j.First(); i >= 0 {
			if count++; events[i].ID != id {
				t.Errorf("%d is %s, its appender was told that %s is", seq, events[i].ID, id)
			}
		}
		return true
	})
	if count == 0 || j.First() == 1 {
		t.Errorf("%d events were compared, the first is %d: the test has tested nothing", count, j.First())
	}
	for _, e := range endpoints {
		if got := stored(t, j.Deliveries, e.ID); got.Cursor != commits || got.Delivered != commits {
			t.Errorf("%s has cursor %d and %d delivered, want %d", e.ID, got.Cursor, got.Delivered, commits)
		}
	}
	if check := pragma(t, j, "integrity_check"); check != "ok" {
		t.Errorf("integrity_check: %s", check)
	}
}

func ended(stop chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

func TestReadersDontWaitForTheWriter(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	add(t, j, several(3)...)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{tried(1, 1, 0)}})
	// A commit that is under way holds the writer for as long as it likes.
	j.DB.Lock()
	defer j.DB.Unlock()
	err := j.DB.Commit(context.Background(), func(tx *database.Tx) error {
		if _, err := tx.ExecContext(context.Background(), "DELETE FROM events"); err != nil {
			return err
		}
		wantGapless(t, j, 1, 3)
		if page, err := j.Search(context.Background(), event.Query{Limit: 10}); err != nil || len(page.Events) != 3 {
			t.Errorf("Search: %d events, %v", len(page.Events), err)
		}
		attemptsOf(t, j.Deliveries, "wh_a", 10, false)
		stored(t, j.Deliveries, "wh_a")
		size(t, j)
		return errors.New("undo")
	})
	if err == nil || err.Error() != "undo" {
		t.Errorf("commit: %v", err)
	}
	wantGapless(t, j, 1, 3)
}
