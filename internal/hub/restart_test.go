package hub

import (
	"context"
	"errors"
	"testing"

	"postern/internal/event"
)

func TestAfterARestartTheRingHoldsTheNewestEvents(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ events, history int }{
		"fewer than the ring": {30, 100}, "just as many": {100, 100}, "more": {250, 100}, "more than one read": {2300, 2200}, "none": {0, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, log := setup(t, 10)
			if tc.events > 0 {
				publish(t, before, several(tc.events)...)
			}
			h := newHub(t, log, tc.history)
			if h.Head() != int64(tc.events) {
				t.Errorf("the head is %d, want %d", h.Head(), tc.events)
			}
			log.searches.Store(0)
			log.reads.Store(0)
			held := min(tc.events, tc.history)
			for seq := int64(1); seq <= int64(tc.events); seq++ {
				if e := h.ring.get(seq); (e != nil) != (seq > int64(tc.events-held)) {
					t.Fatalf("the ring's place for %d holds %v", seq, e)
				}
			}
			got := searchAll(t, h, event.Query{Limit: 1000}, func() {})
			if len(got) != tc.events {
				t.Errorf("a search finds %d events, want %d", len(got), tc.events)
			}
			s := h.Subscribe(event.Filter{}, 0, Durable)
			defer s.Close()
			events, missed := drain(t, s, 500)
			wantSeqs(t, events, 1, int64(tc.events))
			if missed != 0 {
				t.Errorf("%d missed", missed)
			}
			e := made()
			publish(t, h, e)
			wantSeqs(t, poll(t, s, 10).Events, int64(tc.events)+1, int64(tc.events)+1)
		})
	}
}

func TestAHubWhoseLogCantBeReadDoesntStart(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 10)
	publish(t, h, several(3)...)
	ctx, cancel := context.WithCancel(context.Background())
	log.beforeSearch = cancel
	if _, err := New(ctx, log, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("New: %v, want the log's error", err)
	}
}

func TestTheRingHoldsTenThousandUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	_, log := setup(t, 1)
	for _, history := range []int{0, -3} {
		if n := len(newHub(t, log, history).ring.slots); n != DefaultHistory {
			t.Errorf("History %d makes a ring of %d", history, n)
		}
	}
}
