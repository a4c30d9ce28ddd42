package bulkread

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// paceOf makes a pace with one slot over a log whose head is where it says.
func paceOf(head *atomic.Int64) *Limiter {
	p := New(head.Load)
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
							err := p.Do(context.Background(), Stream, func() error {
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

func (p *Limiter) isWaiting() bool {
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
				for p.Do(ctx, Stream, func() error { time.Sleep(time.Millisecond); streamReads.Add(1); return nil }) == nil {
				}
			}()
		}
		time.Sleep(10 * time.Millisecond)
		before := streamReads.Load()
		for range 100 {
			if err := p.Do(ctx, Export, func() error { time.Sleep(time.Millisecond); return nil }); err != nil {
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
		if err := p.Do(context.Background(), Export, func() error { return io.EOF }); !errors.Is(err, io.EOF) {
			t.Errorf("read returns %v", err)
		}
	})
}
