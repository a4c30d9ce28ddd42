package stream

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/web/bulkread"
)

// audience are streams that share a pace.
type audience struct {
	pace  scheduler
	turns []*turns
	looks []int
}

func newAudience(n int) *audience {
	a := &audience{turns: make([]*turns, n), looks: make([]int, n)}
	for i := range a.turns {
		a.turns[i] = a.pace.enter()
	}
	return a
}

// due is what a commit does.
func (a *audience) due() {
	for _, s := range a.turns {
		s.due()
	}
}

// look lets the streams from a number on look that are woken, and counts them.
func (a *audience) look(from int) (n int) {
	for i, s := range a.turns[from:] {
		if received(s.woken) {
			a.looks[from+i]++
			n++
		}
	}
	return n
}

func received(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A few streams look at once where they have rested, and after the rest
// otherwise.
func TestFewStreamsLookAsSoonAsTheyHaveRested(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5, streamsPerTurn} {
		synctest.Test(t, func(t *testing.T) {
			a := newAudience(n)
			for round, rested := range []time.Duration{time.Hour, 0, time.Millisecond, 5 * time.Millisecond, time.Second,
				coalesceTurns * turnInterval} {
				time.Sleep(rested)
				a.due()
				a.due() // a second event changes nothing
				if rest := coalesceTurns*turnInterval - rested; rest > 0 {
					if got := a.look(0); got != 0 {
						t.Errorf("%d streams, round %d: %d look before they have rested", n, round, got)
					}
					time.Sleep(rest)
					synctest.Wait()
				}
				if got := a.look(0); got != n {
					t.Errorf("%d streams, round %d: %d look", n, round, got)
				}
			}
			time.Sleep(time.Hour)
			if got := a.look(0); got != 0 {
				t.Errorf("%d streams look without an event", got)
			}
		})
	}
}

// However many streams there are and however many events arrive, only so many
// look in a turn; each gets as many turns as the others, and none waits for
// longer than a round of all.
func TestManyStreamsTakeTurns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		streams int
		every   time.Duration // between two events
	}{{100, time.Millisecond}, {400, time.Millisecond}, {1000, 10 * time.Millisecond}, {1000, 250 * time.Microsecond}} {
		synctest.Test(t, func(t *testing.T) {
			a := newAudience(tc.streams)
			round := max(coalesceTurns, time.Duration(tc.streams/streamsPerTurn)) * turnInterval
			const long, step = 400 * time.Millisecond, 250 * time.Microsecond
			var total, most int
			oldest := make([]time.Time, tc.streams) // events that a stream hasn't seen
			var longest time.Duration
			for begun, next := time.Now(), time.Now(); time.Since(begun) < long; {
				if !time.Now().Before(next) {
					next = next.Add(tc.every)
					for i := range oldest {
						if oldest[i].IsZero() {
							oldest[i] = time.Now()
						}
					}
					a.due()
				}
				n := 0
				for i, s := range a.turns {
					if received(s.woken) {
						a.looks[i]++
						n++
						longest = max(longest, time.Since(oldest[i]))
						oldest[i] = time.Time{}
					}
				}
				total += n
				most = max(most, n)
				time.Sleep(step)
				synctest.Wait()
			}
			if bound := streamsPerTurn * (int(long/turnInterval) + 1); total > bound || most > 2*streamsPerTurn {
				t.Errorf("%+v: %d looks, want at most %d; %d at the same time", tc, total, bound, most)
			}
			if longest > round+tc.every+2*turnInterval {
				t.Errorf("%+v: an event waited %s, a round of all takes %s", tc, longest, round)
			}
			want := int(long / max(round, tc.every))
			for i, n := range a.looks {
				if n < want*9/10-1 || n > want*11/10+1 {
					t.Fatalf("%+v: stream %d has looked %d times, want about %d", tc, i, n, want)
				}
			}
		})
	}
}

// Streams whose clients take nothing, and those that have ended, use none of the
// others' turns.
func TestStreamsThatDoNotLookTakeNoTurns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"blocked", "ended"} {
		synctest.Test(t, func(t *testing.T) {
			const n, half, long = 1000, 500, 400 * time.Millisecond
			a := newAudience(n)
			a.due()
			time.Sleep(n / streamsPerTurn / 2 * turnInterval) // some are woken, others in the queue
			if name == "ended" {
				for _, s := range a.turns[:half] {
					s.leave()
				}
			}
			for range long / turnInterval {
				if name == "ended" {
					for _, s := range a.turns[half:] {
						s.due()
					}
				} else {
					a.due()
				}
				time.Sleep(turnInterval)
				synctest.Wait()
				a.look(half)
			}
			want := int(long / (half / streamsPerTurn * turnInterval))
			for i, got := range a.looks[half:] {
				if got < want*9/10 {
					t.Fatalf("%s: stream %d has looked %d times, want about %d", name, i, got, want)
				}
			}
		})
	}
}

// A turn that begins late is for the streams that wait for it: those that become
// due at that moment come after them.
func TestStreamsThatWaitComeFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(3 * streamsPerTurn)
		for _, s := range a.turns[:2*streamsPerTurn] {
			s.due()
		}
		if got := a.look(0); got != streamsPerTurn {
			t.Fatalf("%d streams look in the first turn", got)
		}
		// The processors are busy: the timer has run out, its goroutine waits.
		a.pace.mu.Lock()
		a.pace.timer.Stop()
		a.pace.mu.Unlock()
		time.Sleep(5 * turnInterval)
		for _, s := range a.turns[2*streamsPerTurn:] {
			s.due()
		}
		for i, want := range []int{2 * streamsPerTurn, 3 * streamsPerTurn} {
			if i > 0 {
				time.Sleep(turnInterval)
				synctest.Wait()
			} else {
				a.pace.turn()
			}
			a.look(0)
			for n, looks := range a.looks {
				if (looks == 1) != (n < want) {
					t.Fatalf("turn %d: stream %d has looked %d times", i+2, n, looks)
				}
			}
		}
	})
}

// Turns become longer while they begin late, within a bound, and short again
// once processor time is there.
func TestTurnsAreLongerWhereProcessorTimeIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p scheduler
		pass := func(late, long time.Duration) {
			for range long / adjustInterval {
				time.Sleep(adjustInterval)
				for range 10 { // only one of them changes the turn
					p.note(time.Now(), late)
				}
			}
		}
		for _, step := range []struct {
			late, long time.Duration
			least      time.Duration
			most       time.Duration
		}{
			{0, time.Second, turnInterval, turnInterval},
			{lateTurn, time.Second, turnInterval, turnInterval},
			{2 * lateTurn, 20 * time.Millisecond, turnInterval, turnInterval * 5 / 4 * 5 / 4},
			{2 * lateTurn, time.Second, maxTurnInterval, maxTurnInterval},
			{time.Second, time.Second, maxTurnInterval, maxTurnInterval},
			{0, 2 * time.Second, turnInterval, turnInterval},
		} {
			pass(step.late, step.long)
			if got := p.long(); got < step.least || got > step.most {
				t.Errorf("after %s with turns %s late they last %s, want %s to %s", step.long, step.late, got, step.least, step.most)
			}
		}
	})
}

// Of a flood each stream gets every event in order, in few writes; one whose
// filter matches nothing is not even woken.
func TestManyStreamsGetAFloodInFewWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many, events = 200, 300
		_, h := start(t, store.Options{})
		s := New(h, bulkread.New(h.Head), nil)
		ctx, end := context.WithCancelCause(t.Context())
		writes, texts := make([]atomic.Int64, 2*many), make([]strings.Builder, 2*many)
		ended := make(chan error, 2*many)
		for i := range 2 * many {
			from := Start{Filter: event.Filter{Types: event.Types(event.FaceMatched)}}
			if i >= many {
				from.Filter.Types = event.Types(event.SystemError)
			}
			out := outs(&tap{wrote: func(b []byte) { writes[i].Add(1); texts[i].Write(b) }})["ndjson"]
			go func() { ended <- s.follow(ctx, from, out) }()
		}
		synctest.Wait()
		for range events {
			if _, err := h.Publish(ctx, []*event.Event{typical("Alice")}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		const most = events/coalesceTurns + 4 // with heartbeats
		for i := range 2 * many {
			n := writes[i].Load()
			if i >= many {
				if n != 1 {
					t.Errorf("stream %d of another type got %d writes, want its heartbeat alone", i, n)
				}
				continue
			}
			if n > most {
				t.Errorf("stream %d got %d writes for %d events, want at most %d", i, n, events, most)
			}
			seq := 0
			for line := range strings.Lines(texts[i].String()) {
				if strings.Contains(line, `"type"`) {
					if seq++; !strings.HasPrefix(line, fmt.Sprintf(`{"seq":%d,`, seq)) {
						t.Fatalf("stream %d: event %d is %.40s", i, seq, line)
					}
				}
			}
			if seq != events {
				t.Errorf("stream %d got %d events, want %d", i, seq, events)
			}
		}
		end(errLeft)
		for range 2 * many {
			<-ended
		}
		if len(s.scheduler.queue) != 0 {
			t.Errorf("%d streams that have ended are in the queue", len(s.scheduler.queue))
		}
	})
}
