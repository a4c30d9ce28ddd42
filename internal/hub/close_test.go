package hub

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"postern/internal/event"
)

func TestCloseCommitsWhoWaitsAndRefusesWhoComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, log := setup(t, 100)
		gate := make(chan struct{})
		log.beforeAppend = func([]*event.Batch) error { <-gate; return nil }
		var work sync.WaitGroup
		for range 4 {
			work.Go(func() { publish(t, h, several(2)...) })
		}
		synctest.Wait()
		closed := make(chan struct{})
		go func() { h.Close(); close(closed) }()
		synctest.Wait()
		if received(closed) || received(h.Done()) {
			t.Error("Close didn't wait for the commit under way")
		}
		if _, err := h.Publish(context.Background(), several(1)); !errors.Is(err, ErrClosed) {
			t.Errorf("Publish while closing: %v, want ErrClosed", err)
		}
		close(gate)
		<-closed
		work.Wait()
		if !received(h.Done()) {
			t.Error("Done isn't closed")
		}
		if h.Head() != 8 {
			t.Errorf("the head is %d, want 8: not all who waited were committed", h.Head())
		}
		h.Close() // does nothing
		if _, err := h.Publish(context.Background(), several(1)); !errors.Is(err, ErrClosed) {
			t.Errorf("Publish after Close: %v, want ErrClosed", err)
		}
		if log.Head() != 8 {
			t.Errorf("the log's head is %d, want 8", log.Head())
		}
		closeLog(t, log)
	})
}

func TestCloseCommitsWhatNobodyLeadsYet(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 100)
	// A publisher that has joined those who wait, and got no further.
	p := newPublication().(*publication)
	p.batch.Events = several(2)
	h.pending = append(h.pending, p)
	h.Close()
	if done := received(p.done); !done || h.Head() != 2 {
		t.Errorf("it was left behind: done %t, head %d", done, h.Head())
	}
}

func TestReadersDrainAndThenMeetErrClosed(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]Mode{"live": Live, "durable": Durable} {
		for name, limit := range map[string]int{"few at a time": 3, "exactly all": 10, "all at once": 100} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h, log := setup(t, 100)
					s := h.Subscribe(event.Filter{}, FromNow, mode)
					defer s.Close()
					publish(t, h, several(10)...)
					h.Close()
					// The loop of a reader that looks once whenever it is
					// told to. A reader that isn't told would hang here, which
					// the bubble reports.
					var events []*event.Event
					for {
						<-s.Ready()
						b, err := s.Poll(context.Background(), limit)
						events = append(events, b.Events...)
						if errors.Is(err, ErrClosed) {
							break
						}
						if err != nil {
							t.Fatal(err)
						}
					}
					wantSeqs(t, events, 1, 10)
					if _, err := s.Poll(context.Background(), 10); !errors.Is(err, ErrClosed) {
						t.Errorf("Poll again: %v, want ErrClosed", err)
					}
					closeLog(t, log)
				})
			})
		}
		t.Run(name+" that had caught up", func(t *testing.T) {
			t.Parallel()
			h, _ := setup(t, 100)
			s := h.Subscribe(event.Filter{}, FromNow, mode)
			defer s.Close()
			isReady(s)
			h.Close()
			if !isReady(s) {
				t.Error("the reader wasn't woken")
			}
			if _, err := s.Poll(context.Background(), 10); !errors.Is(err, ErrClosed) {
				t.Errorf("Poll: %v, want ErrClosed", err)
			}
		})
	}
}

func TestAReaderThatMissedTheLastEventsIsToldBeforeErrClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, log := setup(t, 16)
		s := h.Subscribe(event.Filter{Cameras: []string{"none"}}, FromNow, Live)
		defer s.Close()
		publish(t, h, several(40)...)
		h.Close()
		missed := int64(0)
		for {
			<-s.Ready()
			b, err := s.Poll(context.Background(), 100)
			if missed += b.Missed; errors.Is(err, ErrClosed) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if missed < 24 {
			t.Errorf("%d missed, want at least the 24 that fell out of the ring", missed)
		}
		closeLog(t, log)
	})
}

func TestAHubThatIsClosedCanBeRead(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 4)
	publish(t, h, several(10)...)
	h.Close()
	page, err := h.Search(context.Background(), event.Query{Limit: 100})
	if err != nil || len(page.Events) != 10 {
		t.Errorf("Search: %d events, %v", len(page.Events), err)
	}
	s := h.Subscribe(event.Filter{}, 0, Durable)
	defer s.Close()
	if !isReady(s) {
		t.Error("a reader that comes late isn't woken")
	}
	wantSeqs(t, poll(t, s, 100).Events, 1, 10)
	if _, err := s.Poll(context.Background(), 100); !errors.Is(err, ErrClosed) {
		t.Errorf("Poll: %v, want ErrClosed", err)
	}
}

func TestASubscriptionThatIsClosedIsForgotten(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 4)
	s := h.Subscribe(event.Filter{}, FromNow, Live)
	isReady(s)
	s.Close()
	s.Close()
	publish(t, h, made())
	if isReady(s) {
		t.Error("it was woken")
	}
	if len(h.subs) != 0 {
		t.Errorf("the hub still has %d subscriptions", len(h.subs))
	}
}
