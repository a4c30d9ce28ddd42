package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"postern/internal/event"
)

func TestPublishReturnsOnceTheEventsAreDurableAndReadable(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 16)
	s := h.Subscribe(event.Filter{}, FromNow, Live)
	defer s.Close()
	events := several(5)
	if duplicates, err := h.Publish(context.Background(), events); err != nil || duplicates != 0 {
		t.Fatalf("Publish = %d, %v", duplicates, err)
	}
	wantSeqs(t, events, 1, 5)
	for _, e := range events {
		kept, err := log.Store.Get(context.Background(), e.ID)
		if err != nil || kept.Seq != e.Seq || string(kept.JSON()) != string(e.JSON()) {
			t.Errorf("the log has %+v, %v for %d", kept, err, e.Seq)
		}
		if e.Received.IsZero() {
			t.Errorf("%d has no time of arrival", e.Seq)
		}
	}
	if h.Head() != 5 {
		t.Errorf("the head is %d", h.Head())
	}
	if !isReady(s) {
		t.Error("the reader wasn't woken")
	}
	wantSeqs(t, poll(t, s, 10).Events, 1, 5)
}

func TestNobodySeesAnEventBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 16)
	s := h.Subscribe(event.Filter{}, 0, Durable)
	defer s.Close()
	isReady(s)
	looked := 0
	log.beforeAppend = func([]*event.Batch) error {
		looked++
		if b := poll(t, s, 10); len(b.Events) != 0 || b.Missed != 0 || h.Head() != 0 || isReady(s) {
			t.Errorf("before the commit there are %d events, head %d", len(b.Events), h.Head())
		}
		page, err := h.Search(context.Background(), event.Query{Limit: 10})
		if err != nil || len(page.Events) != 0 {
			t.Errorf("before the commit a search finds %d events, %v", len(page.Events), err)
		}
		return nil
	}
	publish(t, h, several(3)...)
	if looked != 1 {
		t.Fatalf("%d appends", looked)
	}
	wantSeqs(t, poll(t, s, 10).Events, 1, 3)
}

func TestConcurrentPublishersGetOneOrderWithoutGaps(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 10_000)
	const publishers, rounds = 8, 20
	var work sync.WaitGroup
	for p := range publishers {
		work.Go(func() {
			last := int64(0)
			for range rounds {
				events := several(1+rand.IntN(5), func(e *event.Event) { e.Source = fmt.Sprint(p) })
				publish(t, h, events...)
				for i, e := range events {
					// A request's events stand together, after its
					// publisher's earlier ones.
					if e.Seq <= last || i > 0 && e.Seq != last+1 {
						t.Errorf("publisher %d got %v after %d", p, seqsOf(events), last)
					}
					last = e.Seq
				}
			}
		})
	}
	work.Wait()
	s := h.Subscribe(event.Filter{}, 0, Durable)
	defer s.Close()
	ring, missed := drain(t, s, 100)
	wantSeqs(t, ring, 1, h.Head())
	if missed != 0 {
		t.Errorf("%d missed", missed)
	}
	page, err := log.Store.Search(context.Background(), event.Query{Limit: 1000, Ascending: true})
	if err != nil || len(page.Events) != len(ring) {
		t.Fatalf("the log has %d events, the ring %d, %v", len(page.Events), len(ring), err)
	}
	for i, e := range page.Events {
		if e.ID != ring[i].ID {
			t.Errorf("%d is %s in the log and %s in the ring", e.Seq, e.ID, ring[i].ID)
		}
	}
	if log.batches.Load() != publishers*rounds {
		t.Errorf("%d batches were appended, want %d", log.batches.Load(), publishers*rounds)
	}
}

func TestPublishersThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, log := setup(t, 1000)
		gate := make(chan struct{})
		log.beforeAppend = func([]*event.Batch) error { <-gate; return nil }
		var work sync.WaitGroup
		work.Go(func() { publish(t, h, made()) })
		synctest.Wait() // the first leads
		for range 100 {
			work.Go(func() { publish(t, h, several(2)...) })
		}
		synctest.Wait() // the others wait
		close(gate)
		work.Wait()
		if n := log.appends.Load(); n != 2 {
			t.Errorf("%d commits for 101 publishers, of whom 100 waited; want 2", n)
		}
		if h.Head() != 201 {
			t.Errorf("the head is %d, want 201", h.Head())
		}
		closeLog(t, log)
	})
}

func TestAFloodOfLargeRequestsGoesInSeveralCommits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, log := setup(t, 10)
		gate := make(chan struct{})
		var sizes []int
		log.beforeAppend = func(batches []*event.Batch) error {
			<-gate
			n := 0
			for _, b := range batches {
				n += len(b.Events)
			}
			sizes = append(sizes, n)
			return errDisk // what they hold doesn't matter here
		}
		var work sync.WaitGroup
		for _, n := range []int{1, maxGroupEvents - 1, 1, 1, maxGroupEvents, maxGroupEvents + 5, 2} {
			work.Go(func() { _, _ = h.Publish(context.Background(), make([]*event.Event, n)) })
			synctest.Wait() // in this order
		}
		close(gate)
		work.Wait()
		if got, want := fmt.Sprint(sizes), fmt.Sprint([]int{1, maxGroupEvents, 1, maxGroupEvents, maxGroupEvents + 5, 2}); got != want {
			t.Errorf("the commits had %s events, want %s", got, want)
		}
		closeLog(t, log)
	})
}

func TestPublishWaitsForTheCommitWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 16)
	ctx, cancel := context.WithCancel(context.Background())
	log.beforeAppend = func([]*event.Batch) error { cancel(); return nil }
	events := several(2)
	if _, err := h.Publish(ctx, events); err != nil {
		t.Errorf("Publish: %v", err)
	}
	if log.ended.Load() {
		t.Error("one publisher's context ended the commit of all")
	}
	wantSeqs(t, events, 1, 2)
}

func TestDuplicatesAreCountedAndNotShownAgain(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 16)
	s := h.Subscribe(event.Filter{}, FromNow, Live)
	defer s.Close()
	publish(t, h, made(withID("a")), made(withID("b")))
	drain(t, s, 10)
	isReady(s)
	if n, err := h.Publish(context.Background(), []*event.Event{made(withID("b")), made(withID("a"))}); err != nil || n != 2 {
		t.Errorf("Publish = %d, %v; want 2 duplicates", n, err)
	}
	if isReady(s) {
		t.Error("a reader was woken for nothing new")
	}
	if n, err := h.Publish(context.Background(), []*event.Event{made(withID("b")), made(withID("c"))}); err != nil || n != 1 {
		t.Errorf("Publish = %d, %v; want 1 duplicate", n, err)
	}
	events, missed := drain(t, s, 10)
	wantSeqs(t, events, 3, 3)
	if missed != 0 || events[0].ID != "c" {
		t.Errorf("%d missed, event %s", missed, events[0].ID)
	}
}

func TestAConflictIsTheBusinessOfItsPublisherAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, log := setup(t, 100)
		publish(t, h, made(withID("taken")))
		gate := make(chan struct{})
		log.beforeAppend = func([]*event.Batch) error { <-gate; return nil }
		var work sync.WaitGroup
		work.Go(func() { publish(t, h, made()) })
		synctest.Wait()
		for i := range 10 {
			work.Go(func() { publish(t, h, several(2)...) })
			if i == 5 {
				work.Go(func() {
					events := []*event.Event{made(), made(withID("taken"), withType(event.LineCrossed))}
					_, err := h.Publish(context.Background(), events)
					if !errors.Is(err, event.ErrConflict) || !strings.Contains(err.Error(), "taken") {
						t.Errorf("Publish: %v, want ErrConflict", err)
					}
					if events[0].Seq != 0 || events[1].Seq != 0 {
						t.Errorf("refused events have the numbers %v", seqsOf(events))
					}
				})
			}
		}
		synctest.Wait()
		log.appends.Store(0)
		close(gate)
		work.Wait()
		if n := log.appends.Load(); n != 1 {
			t.Fatalf("%d commits: they weren't together", n)
		}
		s := h.Subscribe(event.Filter{}, 0, Durable)
		defer s.Close()
		events, _ := drain(t, s, 100)
		wantSeqs(t, events, 1, 1+1+20)
		closeLog(t, log)
	})
}

func TestALogThatFailsRefusesAllWhoWaitAndThenRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, log := setup(t, 100)
		publish(t, h, several(3)...)
		s := h.Subscribe(event.Filter{}, FromNow, Live)
		defer s.Close()
		isReady(s)
		gate := make(chan error)
		log.beforeAppend = func([]*event.Batch) error { return <-gate }
		var work sync.WaitGroup
		for range 5 {
			work.Go(func() {
				if n, err := h.Publish(context.Background(), several(2)); !errors.Is(err, errDisk) || n != 0 {
					t.Errorf("Publish = %d, %v; want the log's error", n, err)
				}
			})
			synctest.Wait()
		}
		gate <- errDisk // the first
		gate <- errDisk // the four who waited
		work.Wait()
		if h.Head() != 3 || isReady(s) || len(poll(t, s, 10).Events) != 0 {
			t.Errorf("after a refused commit the head is %d", h.Head())
		}
		log.beforeAppend = nil
		publish(t, h, several(2)...)
		wantSeqs(t, poll(t, s, 10).Events, 4, 5)
		closeLog(t, log)
	})
}

// closeLog closes the log within a bubble, whose goroutines must all end.
func closeLog(t *testing.T, log *spy) {
	t.Helper()
	if err := log.Store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
