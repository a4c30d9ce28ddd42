package store

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store/accounts"
	"postern/internal/store/accounttest"
	"postern/internal/store/auditlog"
)

// twoClocks is a wall clock and a monotonic clock that a test sets apart.
type twoClocks struct {
	clock
	mono atomic.Int64
}

func newTwoClocks() *twoClocks {
	c := new(twoClocks)
	c.Set(start)
	return c
}

func (c *twoClocks) elapsed() time.Duration { return time.Duration(c.mono.Load()) }

// pass lets time go by.
func (c *twoClocks) pass(d time.Duration) {
	c.mono.Add(int64(d))
	c.Advance(d)
}

// jump sets the wall clock alone.
func (c *twoClocks) jump(d time.Duration) { c.Advance(d) }

func (c *twoClocks) options() Options {
	return Options{Retain: 30 * 24 * time.Hour, RetainTypes: map[event.Type]time.Duration{event.FaceDetected: 24 * time.Hour},
		Now: c.Now, Elapsed: c.elapsed}
}

const month = 31 * 24 * time.Hour

// oneOfEach are events of a type that is kept for a day, and of one that is kept
// for longer.
func oneOfEach() []*event.Event {
	return []*event.Event{made(withType(event.FaceDetected)), made()}
}

// step is something that happens to a store and its clock.
type step func(t *testing.T, c *twoClocks, j *Store) *Store

func jumps(d time.Duration) step {
	return func(_ *testing.T, c *twoClocks, j *Store) *Store { c.jump(d); return j }
}

// passes lets time go by and retention run meanwhile.
func passes(d time.Duration) step {
	return func(t *testing.T, c *twoClocks, j *Store) *Store {
		const every = 10 * time.Minute
		retain(t, j)
		for ; d > 0; d -= every {
			c.pass(min(d, every))
			retain(t, j)
		}
		return j
	}
}

// restarts stops the store, in order or by a crash, for some time.
func restarts(away time.Duration) step {
	return func(t *testing.T, c *twoClocks, j *Store) *Store {
		closeStore(t, j)
		c.pass(away)
		c.mono.Store(0) // this process's own
		return openAt(t, dirOf(j), j.opts)
	}
}

func confirms(t *testing.T, _ *twoClocks, j *Store) *Store {
	if held, err := j.ConfirmClock(context.Background()); err != nil || !held {
		t.Errorf("ConfirmClock: %v, %v; want a clock that was in doubt", held, err)
	}
	return j
}

func retains(t *testing.T, _ *twoClocks, j *Store) *Store { retain(t, j); return j }

func TestRetentionWaitsWhileTheClockIsInDoubt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		steps []step
		// left is how many of the two events are there at the end, and held
		// whether the clock is in doubt then.
		left int
		held bool
	}{
		{"time goes by", []step{passes(2 * time.Hour), jumps(30 * time.Second), retains}, 2, false},
		{"a day goes by", []step{passes(25 * time.Hour)}, 1, false},
		{"ahead", []step{jumps(month), retains}, 2, true},
		{"ahead for 32 s, and back", []step{jumps(month), passes(32 * time.Second), jumps(-month), retains}, 2, false},
		{"ahead for 59 minutes", []step{jumps(month), passes(59 * time.Minute)}, 2, true},
		{"ahead for 59 minutes, and back for hours",
			[]step{jumps(month), passes(59 * time.Minute), jumps(-month), passes(5 * time.Hour)}, 2, false},
		{"ahead for more than an hour", []step{jumps(month), passes(61 * time.Minute), retains}, 0, false},
		{"ahead, and confirmed", []step{jumps(month), retains, confirms, retains}, 0, false},
		{"ahead a little more each half hour", []step{jumps(month), passes(30 * time.Minute), jumps(time.Hour), passes(40 * time.Minute),
			jumps(time.Hour), passes(50 * time.Minute)}, 2, true},
		{"behind", []step{jumps(-month), passes(30 * time.Minute)}, 2, true},
		{"behind, and believed, and back", []step{jumps(-month), passes(2 * time.Hour), jumps(month), passes(30 * time.Minute)}, 2, true},
		{"ahead by hours, for a type that is kept for a day", []step{jumps(26 * time.Hour), passes(30 * time.Minute)}, 2, true},
		{"ahead, and a restart", []step{jumps(month), retains, restarts(time.Second), passes(50 * time.Minute)}, 2, true},
		{"ahead, and a restart before anybody noticed", []step{jumps(month), restarts(time.Second), retains}, 2, true},
		{"ahead while away", []step{restarts(time.Second), jumps(month), retains}, 2, true},
		{"ahead, restarts, and back", []step{jumps(month), retains, restarts(time.Second), retains, restarts(time.Minute), jumps(-month),
			retains, passes(5 * time.Hour)}, 2, false},
		{"ahead, a restart within an hour each time", []step{jumps(month), passes(40 * time.Minute), restarts(time.Second),
			passes(40 * time.Minute), restarts(time.Second), passes(40 * time.Minute)}, 2, true},
		{"ahead, and a restart, and confirmed", []step{jumps(month), retains, restarts(time.Second), confirms, restarts(time.Second), retains},
			0, false},
		{"ahead, and a restart, and more than an hour", []step{jumps(month), restarts(time.Second), passes(61 * time.Minute), retains}, 0, false},
		{"away for an hour", []step{restarts(time.Hour), retains}, 2, false},
		{"away for a month", []step{restarts(month), passes(50 * time.Minute)}, 2, true},
		{"away for a month, and an hour", []step{restarts(month), passes(61 * time.Minute), retains}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newTwoClocks()
			j := openAt(t, t.TempDir(), c.options())
			add(t, j, oneOfEach()...)
			for _, do := range test.steps {
				j = do(t, c, j)
			}
			if held := j.Clock().Held; held != test.held {
				t.Errorf("the clock is in doubt: %v, want %v", held, test.held)
			}
			if left := len(all(t, j)); left != test.left {
				t.Errorf("%d events are left, want %d", left, test.left)
			}
		})
	}
}

func TestAttemptsRequestsAndTheAuditStayWhileTheClockIsInDoubt(t *testing.T) {
	t.Parallel()
	c := newTwoClocks()
	j := openAt(t, t.TempDir(), c.options())
	accounttest.Change(t, j.Accounts, func(tx *accounts.Tx) error {
		return tx.Audit(&auditlog.Entry{ActorKind: "console", Actor: "a", Action: "key.add", Outcome: "done"})
	})
	c.jump(13 * month)
	if due, err := j.Audit.Due(context.Background(), c.Now()); due || err != nil {
		t.Errorf("entries of the audit are due: %v, %v", due, err)
	}
	if before := j.clock.Before(time.Minute); before.After(start) {
		t.Errorf("what is from before %s goes", before)
	}
}

func TestCountsFollowArrivalWhereTheClockJumps(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{month, -month, 5 * time.Hour, -5 * time.Hour, 400 * 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			c := newTwoClocks()
			j := openAt(t, t.TempDir(), c.options())
			day := func() (n int64) {
				for _, m := range j.Counters.Minutes(j.OnLog(c.Now()), 24*60) {
					n += m.Counts.Total()
				}
				return n
			}
			add(t, j, several(5)...)
			c.pass(10 * time.Minute)
			c.jump(by)
			add(t, j, several(3)...)
			if n := day(); n != 8 {
				t.Errorf("%d events arrived in the last day while the clock is wrong, want 8", n)
			}
			c.pass(32 * time.Second)
			j = restarts(time.Second)(t, c, j)
			add(t, j, several(2)...)
			if n := day(); n != 10 {
				t.Errorf("after a restart with the wrong clock: %d events arrived in the last day, want 10", n)
			}
			c.jump(-by)
			add(t, j, several(1)...)
			j = restarts(time.Second)(t, c, j)
			if n := day(); n != 11 {
				t.Errorf("%d events arrived in the last day, want 11", n)
			}
			if j.Clock().Held {
				t.Error("the clock is right again, and in doubt")
			}
			if newest := all(t, j)[10].Received; c.Now().Sub(newest).Abs() > time.Minute {
				t.Errorf("the newest event arrived at %s, and it is %s", newest, c.Now())
			}
		})
	}
}

func TestAStartWithAClockThatIsAheadSpoilsNoCounts(t *testing.T) {
	t.Parallel()
	c := newTwoClocks()
	j := openAt(t, t.TempDir(), c.options())
	add(t, j, several(5)...)
	closeStore(t, j)
	c.pass(3 * time.Hour) // a stop that nobody can tell from a wrong clock
	c.jump(month)
	c.mono.Store(0)
	j = openAt(t, dirOf(j), j.opts)
	add(t, j, several(2)...)
	c.pass(time.Minute)
	retain(t, j)
	c.jump(-month)
	add(t, j, several(4)...)
	for n := range 2 { // with what this process counted, and with what the next one reads
		minutes := j.Counters.Minutes(c.Now(), 24*60)
		total, unknown := int64(0), 0
		for _, m := range minutes {
			if total += m.Counts.Total(); !m.Known {
				unknown++
			}
		}
		if total != 9 {
			t.Errorf("%d: %d events arrived in the last day, want 9", n, total)
		}
		// From before the store was there, and while it was away.
		if unknown < 24*60-10 {
			t.Errorf("%d: %d minutes are unknown", n, unknown)
		}
		if n == 0 {
			j = restarts(time.Second)(t, c, j)
		}
	}
	if got := all(t, j)[10].Received; c.Now().Sub(got) > time.Minute {
		t.Errorf("the newest event arrived at %s, and it is %s", got, c.Now())
	}
}

func TestACommandConfirmsTheClock(t *testing.T) {
	t.Parallel()
	c := newTwoClocks()
	var log lockedBuffer
	opts := c.options()
	opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	j := openAt(t, t.TempDir(), opts)
	add(t, j, oneOfEach()...)
	c.jump(month)
	retain(t, j)
	retain(t, j)
	held, err := j.ConfirmClock(context.Background())
	if err != nil || !held {
		t.Fatalf("ConfirmClock: %v, %v", held, err)
	}
	if len(all(t, j)) != 2 {
		t.Error("events went before anybody confirmed the clock")
	}
	retain(t, j)
	if j.Clock().Held || len(all(t, j)) != 0 {
		t.Errorf("the clock is in doubt: %v; %d events are left", j.Clock().Held, len(all(t, j)))
	}
	for message, times := range map[string]int{"the clock jumped: retention": 1, "the clock is trusted again": 1} {
		if n := strings.Count(log.String(), message); n != times {
			t.Errorf("the log says %d times that %s, want %d:\n%s", n, message, times, log.String())
		}
	}
}

// A command confirms the clock of a folder that no Postern serves.
func TestACommandConfirmsTheClockForTheNextStart(t *testing.T) {
	t.Parallel()
	c := newTwoClocks()
	j := openAt(t, t.TempDir(), c.options())
	add(t, j, oneOfEach()...)
	c.jump(month)
	retain(t, j)
	closeStore(t, j)
	command := openForCommand(t, dirOf(j), c.options())
	if held, err := command.ConfirmClock(context.Background()); err != nil || !held {
		t.Fatalf("ConfirmClock: %v, %v", held, err)
	}
	closeStore(t, command)
	j = openAt(t, dirOf(j), c.options())
	retain(t, j)
	if j.Clock().Held || len(all(t, j)) != 0 {
		t.Errorf("the clock is in doubt: %v; %d events are left", j.Clock().Held, len(all(t, j)))
	}
}

// A confirmation is about the clock as it is then. One that was given before the
// clock jumped must not let a jump remove everything.
func TestAConfirmationFromBeforeAJumpDoesNotCount(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]step{
		"a second before":     passes(time.Second),
		"half an hour":        passes(30 * time.Minute),
		"before a restart":    restarts(time.Minute),
		"before an hour away": restarts(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTwoClocks()
			j := openAt(t, t.TempDir(), c.options())
			add(t, j, oneOfEach()...)
			retain(t, j)
			closeStore(t, j)
			command := openForCommand(t, dirOf(j), Options{Now: c.Now, Elapsed: c.elapsed})
			if held, err := command.ConfirmClock(context.Background()); err != nil || held {
				t.Fatalf("ConfirmClock: %v, %v", held, err)
			}
			closeStore(t, command)
			j = openAt(t, dirOf(j), c.options())
			j = between(t, c, j)
			c.jump(month)
			retain(t, j)
			retain(t, j)
			if !j.Clock().Held || len(all(t, j)) != 2 {
				t.Errorf("after the jump the clock is in doubt: %v; %d events are left", j.Clock().Held, len(all(t, j)))
			}
		})
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
