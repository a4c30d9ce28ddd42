package hub

import (
	"context"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store"
)

func TestWhatRetentionRemovedIsNotShownFromTheRing(t *testing.T) {
	t.Parallel()
	clock := newClock()
	log := openLog(t, store.Options{Now: clock.Now, Retain: time.Hour})
	h := newHub(t, log, 100)
	publish(t, h, several(10)...)
	durable, live := h.Subscribe(event.Filter{}, 0, Durable), h.Subscribe(event.Filter{}, 0, Live)
	defer durable.Close()
	defer live.Close()
	clock.Advance(2 * time.Hour)
	publish(t, h, several(5)...)
	if n, err := log.Retain(context.Background()); err != nil || n != 10 {
		t.Fatalf("Retain = %d, %v", n, err)
	}

	ctx := context.Background()
	for _, q := range []event.Query{{Limit: 100}, {Limit: 100, Ascending: true}, {Limit: 100, Cursor: 3, Ascending: true}} {
		if page, err := h.Search(ctx, q); err != nil || len(page.Events) != 5 || page.Next != 0 {
			t.Errorf("Search(%+v): %v, next %d, %v; want the five that are left", q, seqsOf(page.Events), page.Next, err)
		}
	}
	if page, err := h.Search(ctx, event.Query{Limit: 5}); err != nil || len(page.Events) != 5 || page.Next != 0 {
		t.Errorf("a full page of all there is has the next %d, %v", page.Next, err)
	}
	if page, err := h.Search(ctx, event.Query{Limit: 5, Cursor: 8}); err != nil || len(page.Events) != 0 || page.Next != 0 {
		t.Errorf("before what is left: %v, %v", seqsOf(page.Events), err)
	}
	events, missed := drain(t, durable, 100)
	wantSeqs(t, events, 11, 15)
	if missed != 10 {
		t.Errorf("a durable reader missed %d, want 10", missed)
	}
	events, missed = drain(t, live, 100)
	if len(events) == 0 || events[0].Seq <= 10 || int64(len(events))+missed != 15 {
		t.Errorf("a live reader got %v and missed %d", seqsOf(events), missed)
	}
}

func TestWhenRetentionRemovedEverythingNothingIsShown(t *testing.T) {
	t.Parallel()
	clock := newClock()
	log := openLog(t, store.Options{Now: clock.Now, Retain: time.Hour})
	h := newHub(t, log, 100)
	publish(t, h, several(10)...)
	clock.Advance(2 * time.Hour)
	if _, err := log.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	check := func(h *Hub) {
		t.Helper()
		for _, ascending := range []bool{false, true} {
			if page, err := h.Search(context.Background(), event.Query{Limit: 10, Ascending: ascending}); err != nil ||
				len(page.Events) != 0 || page.Next != 0 {
				t.Errorf("Search: %v, next %d, %v", seqsOf(page.Events), page.Next, err)
			}
		}
		s := h.Subscribe(event.Filter{}, 0, Durable)
		defer s.Close()
		if events, missed := drain(t, s, 10); len(events) != 0 || missed != 10 {
			t.Errorf("a reader got %v and missed %d", seqsOf(events), missed)
		}
		if h.Head() != 10 {
			t.Errorf("the head is %d", h.Head())
		}
	}
	check(h)
	again := newHub(t, log, 100)
	check(again)
	e := made()
	publish(t, again, e)
	if e.Seq != 11 {
		t.Errorf("the next number is %d, want 11", e.Seq)
	}
}
