package hub

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"postern/internal/event"
)

func TestALiveReaderIsToldHowManyItMissed(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 32)
	s := h.Subscribe(event.Filter{}, FromNow, Live)
	defer s.Close()
	publish(t, h, several(5)...)
	wantSeqs(t, poll(t, s, 100).Events, 1, 5)
	publish(t, h, several(100)...)
	log.reads.Store(0)
	b := poll(t, s, 100)
	if b.Missed < 100-32 || b.Missed > 100-32+2 {
		t.Errorf("%d missed of 100 by a ring of 32", b.Missed)
	}
	wantSeqs(t, b.Events, 5+b.Missed+1, 105)
	if s.Position() != 105 {
		t.Errorf("the position is %d", s.Position())
	}
	if b := poll(t, s, 100); len(b.Events) != 0 || b.Missed != 0 {
		t.Errorf("a reader that has caught up gets %+v", b)
	}
	if n := log.reads.Load(); n != 0 {
		t.Errorf("a live reader read from the log %d times", n)
	}
}

func TestALiveReaderAccountsForEveryEvent(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]event.Filter{
		"of all": {}, "of a type": {Types: event.Types(event.LineCrossed)}, "of a camera": {Cameras: []string{"gate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := setup(t, 40)
			s := h.Subscribe(f, 0, Live)
			defer s.Close()
			var seen, missed int64
			look := func() {
				before := s.Position()
				b := poll(t, s, 1+rand.IntN(20))
				for i, e := range b.Events {
					// The missed events come before these.
					if e.Seq <= before+b.Missed || e.Seq > s.Position() || i > 0 && e.Seq <= b.Events[i-1].Seq {
						t.Errorf("after %d, with %d missed: %v", before, b.Missed, seqsOf(b.Events))
					}
				}
				if f.Types == 0 && len(f.Cameras) == 0 && int64(len(b.Events))+b.Missed != s.Position()-before {
					t.Errorf("from %d to %d: %d seen and %d missed", before, s.Position(), len(b.Events), b.Missed)
				}
				seen, missed = seen+int64(len(b.Events)), missed+b.Missed
			}
			matching := int64(0)
			for range 60 {
				var events []*event.Event
				for range 1 + rand.IntN(30) {
					e := made(withType([]event.Type{event.FaceMatched, event.LineCrossed}[rand.IntN(2)]), func(e *event.Event) {
						e.Camera = []string{"gate", "lobby"}[rand.IntN(2)]
					})
					if events = append(events, e); f.Match(e) {
						matching++
					}
				}
				publish(t, h, events...)
				for range rand.IntN(3) {
					look()
				}
			}
			for s.Position() < h.Head() {
				look()
			}
			if f.Types == 0 && len(f.Cameras) == 0 && seen+missed != matching {
				t.Errorf("%d seen and %d missed of %d", seen, missed, matching)
			}
			if seen+missed < matching || seen == 0 || missed == 0 {
				t.Errorf("%d seen and %d missed of %d that match", seen, missed, matching)
			}
		})
	}
}

func TestALiveReaderAccountsForEveryEventWhileTheyArrive(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 16)
	s := h.Subscribe(event.Filter{}, 0, Live)
	defer s.Close()
	var work sync.WaitGroup
	const publishers, events = 2, 150
	for range publishers {
		work.Go(func() {
			for n := 0; n < events; n += 5 {
				publish(t, h, several(5)...)
			}
		})
	}
	total := int64(0)
	for total < publishers*events {
		before := s.Position()
		b := poll(t, s, 7)
		if len(b.Events) > 0 {
			wantSeqs(t, b.Events, before+b.Missed+1, s.Position())
		}
		total += int64(len(b.Events)) + b.Missed
		if total != s.Position() {
			t.Fatalf("%d accounted for at position %d", total, s.Position())
		}
		if len(b.Events) == 0 && b.Missed == 0 {
			<-s.Ready()
		}
	}
	work.Wait()
}

func TestAReaderThatNeverLooksDelaysNobody(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 8)
	stuck := make(chan struct{})
	defer close(stuck)
	for _, mode := range []Mode{Live, Durable} {
		s := h.Subscribe(event.Filter{}, 0, mode)
		defer s.Close()
		// One that is in the middle of a batch, and one that never began.
		go func() {
			<-s.Ready()
			_, _ = s.Poll(context.Background(), 1)
			<-stuck
		}()
		never := h.Subscribe(event.Filter{}, 0, mode)
		defer never.Close()
	}
	// Were a publisher to wait for a reader, this would never end.
	for range 50 {
		publish(t, h, several(3)...)
	}
	other := h.Subscribe(event.Filter{}, 140, Durable)
	defer other.Close()
	wantSeqs(t, poll(t, other, 100).Events, 141, 150)
}

func TestARingOfOneWorks(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 1)
	live, durable := h.Subscribe(event.Filter{}, 0, Live), h.Subscribe(event.Filter{}, 0, Durable)
	defer live.Close()
	defer durable.Close()
	publish(t, h, several(5)...)
	events, missed := drain(t, live, 2)
	wantSeqs(t, events, 5, 5)
	if missed != 4 {
		t.Errorf("%d missed", missed)
	}
	events, missed = drain(t, durable, 2)
	wantSeqs(t, events, 1, 5)
	if missed != 0 {
		t.Errorf("%d missed", missed)
	}
}
