package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/event"
)

// paceOf makes a pace with one slot over a log whose head is where it says.
func paceOf(head *atomic.Int64) *bulkPace {
	p := newBulkPace(head.Load)
	p.free = 1
	return p
}

// While events arrive, bulk reads leave half of the time to others. Otherwise
// they follow one another at once.
func TestBulkReadsRestWhileEventsArrive(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		arrive  bool
		readers int
		want    time.Duration
	}{
		{"quiet", false, 1, 100 * time.Millisecond},
		{"quiet, many", false, 50, 100 * time.Millisecond},
		{"events", true, 1, 199 * time.Millisecond}, // nobody waits for the last rest
		{"events, many", true, 50, 199 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var head, left, at, ended atomic.Int64
				left.Store(100)
				p := paceOf(&head)
				time.Sleep(2 * ingestPause)
				began := time.Now()
				var readers sync.WaitGroup
				for range test.readers {
					readers.Go(func() {
						for left.Add(-1) >= 0 {
							err := p.read(context.Background(), streamReader, func() error {
								if at.Add(1) > 1 {
									t.Error("two reads share a slot")
								}
								time.Sleep(time.Millisecond)
								if test.arrive {
									head.Add(1)
								}
								at.Add(-1)
								ended.Store(int64(time.Since(began)))
								return nil
							})
							if err != nil {
								t.Error(err)
							}
						}
					})
				}
				readers.Wait()
				if took := time.Duration(ended.Load()).Round(time.Millisecond); took != test.want {
					t.Errorf("100 reads of 1 ms took %s, want %s", took, test.want)
				}
				time.Sleep(ingestPause)
			})
		})
	}
}

func (p *bulkPace) isWaiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, queue := range p.waiting {
		if len(queue) > 0 {
			return true
		}
	}
	return false
}

// A thousand streams that wait leave an export every second slot.
func TestKindsOfBulkReadersTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var head atomic.Int64
		p := paceOf(&head)
		ctx, stop := context.WithCancel(context.Background())
		var streamReads atomic.Int64
		for range 1000 {
			go func() {
				for p.read(ctx, streamReader, func() error { time.Sleep(time.Millisecond); streamReads.Add(1); return nil }) == nil {
				}
			}()
		}
		time.Sleep(10 * time.Millisecond)
		before := streamReads.Load()
		for range 100 {
			if err := p.read(ctx, exportReader, func() error { time.Sleep(time.Millisecond); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if n := streamReads.Load() - before; n < 98 || n > 102 {
			t.Errorf("streams read %d times meanwhile, want as often", n)
		}
		// The slot outlives readers that give up while they wait.
		stop()
		synctest.Wait()
		time.Sleep(10 * time.Millisecond)
		if p.isWaiting() || p.free != 1 {
			t.Errorf("%d slots are free in the end, and somebody waits: %t", p.free, p.isWaiting())
		}
		if err := p.read(context.Background(), exportReader, func() error { return io.EOF }); !errors.Is(err, io.EOF) {
			t.Errorf("read returns %v", err)
		}
	})
}

// Exports, and streams that read the past, wait for a slot. Producers and
// streams of new events don't.
func TestReadersOfThePastWaitForASlot(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.fillWithLarge() // more than the ring holds
	p := s.server.bulk
	slots := p.free
	for range slots {
		if err := p.enter(t.Context(), exportReader); err != nil {
			t.Fatal(err)
		}
	}
	exported := make(chan *answer, 1)
	go func() { exported <- s.send(s.request(http.MethodGet, api+"/events/export", "")) }()
	past := s.follow("ndjson", "?after=0")
	if m, err := past.within(liveTime); err != nil || !m.Heartbeat {
		t.Fatalf("%+v %v", m, err)
	}
	until(t, "both wait", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.waiting[exportReader]) == 1 && len(p.waiting[streamReader]) == 1
	})
	live := s.follow("ndjson", "")
	if m, err := live.within(liveTime); err != nil || !m.Heartbeat {
		t.Fatalf("%+v %v", m, err)
	}
	s.publish(event.FaceMatched, 1)
	if m := live.event(); m.Seq != s.hub.Head() {
		t.Errorf("a live stream got %+v", m)
	}
	select {
	case a := <-exported:
		t.Errorf("an export without a slot is answered %d", a.status)
	default:
	}
	for range slots {
		p.leave(time.Now(), time.Now())
	}
	if m := past.event(); m.Seq != 1 {
		t.Errorf("a stream of the past got %+v", m)
	}
	if a := <-exported; a.status != http.StatusOK || len(a.body) < 250*120<<10 {
		t.Errorf("the export is answered %d with %d bytes", a.status, len(a.body))
	}
}
