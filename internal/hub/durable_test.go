package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store"
)

func TestADurableReaderMissesNothing(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 16)
	s := h.Subscribe(event.Filter{}, 0, Durable)
	defer s.Close()
	publish(t, h, several(200)...)
	events, missed := drain(t, s, 7)
	wantSeqs(t, events, 1, 200)
	if missed != 0 {
		t.Errorf("%d missed", missed)
	}
	log.reads.Store(0)
	publish(t, h, several(16)...)
	events, _ = drain(t, s, 100)
	wantSeqs(t, events, 201, 216)
	if n := log.reads.Load(); n != 0 {
		t.Errorf("a reader that keeps up read from the log %d times", n)
	}
}

func TestADurableReaderMissesNothingWhileEventsArrive(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]event.Filter{
		"of all": {}, "of a type": {Types: event.Types(event.LineCrossed)},
		"of a type and camera": {Types: event.Types(event.LineCrossed, event.FaceMatched), Cameras: []string{"gate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := setup(t, 8)
			s := h.Subscribe(f, FromNow, Durable)
			defer s.Close()
			const total = 300
			var work sync.WaitGroup
			want := 0
			var all []*event.Event
			for range total {
				e := made(withType([]event.Type{event.FaceMatched, event.LineCrossed, event.SystemError}[rand.IntN(3)]), func(e *event.Event) {
					e.Camera = []string{"gate", "lobby"}[rand.IntN(2)]
				})
				if all = append(all, e); f.Match(e) {
					want++
				}
			}
			work.Go(func() {
				for n := 0; n < total; n += 10 {
					publish(t, h, all[n:n+10]...)
				}
				h.Close()
			})
			var got []*event.Event
			for {
				<-s.Ready()
				b, err := s.Poll(context.Background(), 1+rand.IntN(12))
				if b.Missed != 0 {
					t.Errorf("%d missed", b.Missed)
				}
				got = append(got, b.Events...)
				if errors.Is(err, ErrClosed) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			work.Wait()
			last := int64(0)
			for _, e := range got {
				if e.Seq <= last || !f.Match(e) {
					t.Fatalf("%d after %d: %s", e.Seq, last, e.JSON())
				}
				last = e.Seq
			}
			if len(got) != want {
				t.Errorf("%d events, want %d", len(got), want)
			}
		})
	}
}

func TestAReaderGoesOnFromAnyPlace(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 8)
	publish(t, h, several(20)...)
	for _, after := range []int64{0, 1, 11, 12, 13, 19, 20} {
		s := h.Subscribe(event.Filter{}, after, Durable)
		if s.Position() != after || !isReady(s) {
			t.Errorf("a reader from %d stands at %d, or isn't told to look", after, s.Position())
		}
		events, _ := drain(t, s, 6)
		wantSeqs(t, events, after+1, 20)
		s.Close()
	}
	s := h.Subscribe(event.Filter{}, FromNow, Durable)
	defer s.Close()
	if events, _ := drain(t, s, 10); len(events) != 0 || s.Position() != 20 {
		t.Errorf("a reader from now gets %v", seqsOf(events))
	}
	before := h.Subscribe(event.Filter{}, -7, Durable) // no such place
	defer before.Close()
	events, _ := drain(t, before, 10)
	wantSeqs(t, events, 1, 20)
}

func TestADurableReaderIsToldWhatRetentionRemoved(t *testing.T) {
	t.Parallel()
	for name, history := range map[string]int{"from the log": 4, "from the ring": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			log := openLog(t, store.Options{Now: clock.Now, Retain: time.Hour})
			h := newHub(t, log, history)
			publish(t, h, several(20)...)
			s := h.Subscribe(event.Filter{}, 0, Durable)
			defer s.Close()
			wantSeqs(t, poll(t, s, 5).Events, 1, 5)
			clock.Advance(2 * time.Hour)
			publish(t, h, several(10)...)
			if n, err := log.Retain(context.Background()); err != nil || n != 20 {
				t.Fatalf("Retain = %d, %v", n, err)
			}
			b := poll(t, s, 100)
			if b.Missed != 15 {
				t.Errorf("%d missed, want 15", b.Missed)
			}
			wantSeqs(t, b.Events, 21, 30)
		})
	}
}

func TestWhatRetentionRemovesWhileAReaderReadsIsCounted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		filter event.Filter
		read   int // the one before which retention goes on
	}{
		"at a poll's first read": {event.Filter{Types: event.Types(event.FaceMatched)}, 2},
		// Few events match, so that one poll reads several times.
		"in the middle of a poll": {event.Filter{Cameras: []string{"gate"}}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			log := openLog(t, store.Options{Now: clock.Now, Retain: time.Hour})
			h := newHub(t, log, 4)
			gate := func(e *event.Event) { e.Camera = "gate" }
			for range 10 {
				publish(t, h, made(gate), made())
			}
			clock.Advance(2 * time.Hour)
			publish(t, h, several(10, gate)...)
			s := h.Subscribe(tc.filter, 0, Durable)
			defer s.Close()
			reads := 0
			log.beforeRead = func(int64) error {
				if reads++; reads == tc.read {
					if n, err := log.Retain(context.Background()); err != nil || n != 20 {
						t.Errorf("Retain = %d, %v", n, err)
					}
				}
				return nil
			}
			var seen []int64
			missed := int64(0)
			for isReady(s) {
				before := s.Position()
				b := poll(t, s, 4)
				for _, e := range b.Events {
					if e.Seq <= before+b.Missed {
						t.Errorf("%d came with the news that %d were missed after %d", e.Seq, b.Missed, before)
					}
				}
				seen, missed = append(seen, seqsOf(b.Events)...), missed+b.Missed
				if len(tc.filter.Cameras) == 0 && int64(len(seen))+missed != s.Position() {
					t.Errorf("%d seen and %d missed up to %d", len(seen), missed, s.Position())
				}
			}
			old := len(seen) - 10
			if old < 1 || old > 9 || seen[len(seen)-1] != 30 || missed < int64(20-2*old) || missed >= 20 {
				t.Errorf("seen %v, %d missed", seen, missed)
			}
		})
	}
}

func TestALogThatCantBeReadCostsAReaderNothing(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 4)
	var events []*event.Event
	for i := range 30 {
		// Few of them match, so that one Poll reads the log several times.
		events = append(events, made(withType(event.FaceMatched), func(e *event.Event) { e.Camera = []string{"gate", "lobby", "yard"}[i%3] }))
	}
	publish(t, h, events...)
	s := h.Subscribe(event.Filter{Cameras: []string{"gate"}}, 0, Durable)
	defer s.Close()
	reads, failures := 0, 0
	log.beforeRead = func(int64) error {
		if reads++; reads%3 != 1 {
			return errDisk
		}
		return nil
	}
	var got []int64
	for s.Position() < h.Head() {
		if !isReady(s) && failures == 0 {
			t.Fatal("the reader isn't told to go on")
		}
		b, err := s.Poll(context.Background(), 5)
		if err != nil {
			if !errors.Is(err, errDisk) || len(b.Events) != 0 || b.Missed != 0 {
				t.Fatalf("Poll: %v with %d events, %d missed", err, len(b.Events), b.Missed)
			}
			if failures++; failures > 30 {
				t.Fatal("the reader doesn't get on")
			}
			continue
		}
		got = append(got, seqsOf(b.Events)...)
	}
	if len(got) != 10 || failures == 0 {
		t.Errorf("after %d failures the reader got %v, want 10 events", failures, got)
	}
}

func TestAReaderStopsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 4)
	publish(t, h, several(30)...)
	s := h.Subscribe(event.Filter{}, 0, Durable)
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Poll(ctx, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("Poll: %v, want the context's error", err)
	}
	events, _ := drain(t, s, 10)
	wantSeqs(t, events, 1, 30)
}
