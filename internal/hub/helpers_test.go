package hub

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/store"
)

// The events and the clock of most tests.
var (
	start    = eventtest.Start
	newClock = eventtest.NewClock
	made     = eventtest.New
	several  = eventtest.Several
	withID   = eventtest.WithID
	withType = eventtest.WithType
)

// spy stands between a hub and its log, counts what the hub asks for, and
// does what a test wants done before it.
type spy struct {
	*store.Store
	appends, reads, searches atomic.Int64
	batches                  atomic.Int64 // in all appends
	within                   atomic.Int64 // appends under way
	ended                    atomic.Bool  // an append's context had ended

	beforeAppend func([]*event.Batch) error // an error refuses the append
	beforeRead   func(after int64) error
	beforeSearch func()
}

func (s *spy) Append(ctx context.Context, batches []*event.Batch) error {
	if s.within.Add(1) != 1 {
		panic("Append was called concurrently")
	}
	defer s.within.Add(-1)
	s.appends.Add(1)
	s.batches.Add(int64(len(batches)))
	if s.beforeAppend != nil {
		if err := s.beforeAppend(batches); err != nil {
			return err
		}
	}
	s.ended.Store(ctx.Err() != nil)
	return s.Store.Append(ctx, batches)
}

func (s *spy) Read(ctx context.Context, after int64, types event.TypeSet, limit int) ([]*event.Event, int64, error) {
	s.reads.Add(1)
	if s.beforeRead != nil {
		if err := s.beforeRead(after); err != nil {
			return nil, after, err
		}
	}
	return s.Store.Read(ctx, after, types, limit)
}

func (s *spy) Search(ctx context.Context, q event.Query) (event.Page, error) {
	s.searches.Add(1)
	if s.beforeSearch != nil {
		s.beforeSearch()
	}
	return s.Store.Search(ctx, q)
}

// openLog opens a store that is closed with the test.
func openLog(t testing.TB, opts store.Options) *spy {
	t.Helper()
	j, err := store.Open(context.Background(), t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &spy{Store: j}
}

// newHub makes a hub with a ring of history events over log.
func newHub(t testing.TB, log Log, history int) *Hub {
	t.Helper()
	h, err := New(context.Background(), log, Options{History: history})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return h
}

// setup makes a hub with a small ring over a store of its own.
func setup(t testing.TB, history int) (*Hub, *spy) {
	t.Helper()
	log := openLog(t, store.Options{})
	return newHub(t, log, history), log
}

// publish publishes events, which must be taken.
func publish(t testing.TB, h *Hub, events ...*event.Event) {
	t.Helper()
	if _, err := h.Publish(context.Background(), events); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

// poll polls once, which must work.
func poll(t testing.TB, s *Subscription, limit int) Batch {
	t.Helper()
	b, err := s.Poll(context.Background(), limit)
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	if len(b.Events) > limit {
		t.Fatalf("Poll(%d) gave %d events", limit, len(b.Events))
	}
	return b
}

// drain polls until the reader has caught up.
func drain(t testing.TB, s *Subscription, limit int) (events []*event.Event, missed int64) {
	t.Helper()
	for {
		b := poll(t, s, limit)
		events, missed = append(events, b.Events...), missed+b.Missed
		if len(b.Events) == 0 && b.Missed == 0 {
			return events, missed
		}
	}
}

// isReady takes what Ready has to give.
func isReady(s *Subscription) bool {
	select {
	case <-s.Ready():
		return true
	default:
		return false
	}
}

func seqsOf(events []*event.Event) []int64 {
	seqs := make([]int64, len(events))
	for i, e := range events {
		seqs[i] = e.Seq
	}
	return seqs
}

// wantSeqs checks that events are first to last without a gap.
func wantSeqs(t testing.TB, events []*event.Event, first, last int64) {
	t.Helper()
	want := first
	for _, e := range events {
		if e.Seq != want {
			t.Fatalf("got event %d, want %d, of %v", e.Seq, want, abridged(seqsOf(events)))
		}
		want++
	}
	if want != last+1 {
		t.Fatalf("got events up to %d, want %d to %d", want-1, first, last)
	}
}

func abridged(seqs []int64) string {
	if len(seqs) <= 40 {
		return fmt.Sprint(seqs)
	}
	return fmt.Sprint(seqs[:20], "...", seqs[len(seqs)-20:])
}

var errDisk = errors.New("the disk is gone")
