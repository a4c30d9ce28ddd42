//go:build !race

package hub

import (
	"context"
	"testing"

	"postern/internal/event"
	"postern/internal/store"
)

// discard is a log that keeps nothing, so that what the hub itself allocates
// shows.
type discard struct {
	*spy
	head int64
}

func (d *discard) Append(_ context.Context, batches []*event.Batch) error {
	for _, b := range batches {
		for _, e := range b.Events {
			d.head++
			e.Seq = d.head
		}
	}
	return nil
}

func (d *discard) First() int64 { return 1 }
func (d *discard) Head() int64  { return d.head }

// TestBudgetPublishToReader holds what it costs to bring an event from its
// publisher to a reader. Allocations don't depend on the machine; the race
// detector makes its own, and drops what is pooled.
func TestBudgetPublishToReader(t *testing.T) {
	const budget = 2 // the context of the commit, and the reader's list
	h := newHub(t, &discard{spy: openLog(t, store.Options{})}, DefaultHistory)
	s := h.Subscribe(event.Filter{}, FromNow, Durable)
	defer s.Close()
	events := []*event.Event{made()}
	n := testing.AllocsPerRun(1000, func() {
		events[0].Seq = 0
		if _, err := h.Publish(context.Background(), events); err != nil {
			t.Error(err)
		}
		<-s.Ready()
		if b, err := s.Poll(context.Background(), 100); err != nil || len(b.Events) != 1 {
			t.Errorf("read %d events, %v", len(b.Events), err)
		}
	})
	if n > budget {
		t.Errorf("%v allocations, the budget is %v", n, budget)
	}
}
