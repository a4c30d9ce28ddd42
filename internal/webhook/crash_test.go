package webhook

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
)

// TestWorker_LosesNothing lets receivers fail at random, publishes at
// random, and stops or crashes Postern at random moments. Afterwards every
// event that matches an endpoint has arrived there or is exhausted, and no
// other one has arrived.
func TestWorker_LosesNothing(t *testing.T) {
	t.Parallel()
	for seed := range fullrun.Seeds(6, 2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newStory(t, seed).run() })
		})
	}
}

// A failed delivery has a row of its own, while the cursor still waits for open
// requests before it: after a crash the log returns the event a second time.
func TestWorker_AttemptsEventsThatFailedAheadOfTheCursorOnceAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.seq == 1 {
				return never
			}
			return answer{status: 500}
		})
		s.publishMany(5, "face_matched")
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if kept := s.kept(e.ID); kept.Cursor != 0 || len(s.pending(e.ID)) != 4 {
			t.Fatalf("the store has the cursor at %d and %v pending", kept.Cursor, s.pending(e.ID))
		}
		crashed := t.TempDir()
		copyFolder(t, s.dir, crashed)
		s.stop()
		execute(t, crashed, "UPDATE pending SET tries = 9, due = NULL WHERE seq = 5") // one is exhausted

		after := newWorld()
		after.answers(urlA, always(answer{after: 10 * time.Second})) // so that all of it would overlap
		s = startSite(t, crashed, after)
		time.Sleep(time.Minute)
		synctest.Wait()
		got := after.delivered(urlA)
		for seq := int64(1); seq <= 4; seq++ {
			if got[seq] != 1 {
				t.Errorf("event %d was delivered %d times after the crash", seq, got[seq])
			}
		}
		if status := s.service.Status(e.ID); got[5] != 0 || status.Exhausted != 1 || status.Retrying != 0 {
			t.Errorf("the exhausted event was delivered %d times; the status is %+v", got[5], status)
		}
		if kept := s.kept(e.ID); kept.Cursor != 5 || len(s.pending(e.ID)) != 1 {
			t.Errorf("in the end the store has the cursor at %d and %v pending", kept.Cursor, s.pending(e.ID))
		}
	})
}

// story is one random run.
type story struct {
	t         *testing.T
	seed      uint64
	rng       *rand.Rand
	w         *world
	s         *site
	endpoints []*told
	events    []*event.Event
}

// told is an endpoint and what has arrived there.
type told struct {
	*delivery.Endpoint
	after   int64 // events up to here came before it
	arrived map[int64]bool
	down    bool // its receiver is out altogether
}

func newStory(t *testing.T, seed uint64) *story {
	st := &story{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1))}
	st.w = newWorld()
	st.s = startSite(t, t.TempDir(), st.w)
	st.register("face_matched", "line_crossed")
	st.register("*")
	st.register("system_error")
	return st
}

func (st *story) register(types ...string) {
	url := fmt.Sprintf("http://%d.example/", len(st.endpoints))
	after := st.s.hub.Head()
	e := st.s.register(url, "", types...)
	st.endpoints = append(st.endpoints, &told{Endpoint: e, after: after, arrived: make(map[int64]bool)})
	st.behave(st.endpoints[len(st.endpoints)-1])
}

// behave gives a receiver its character, which depends on nothing but the
// seed, the event and the attempt.
func (st *story) behave(e *told) {
	url, down := e.URL, e.down
	roll := func(parts ...any) int {
		h := fnv.New64a()
		fmt.Fprint(h, st.seed, url, parts)
		return int(h.Sum64() >> 33 % 100)
	}
	st.w.answers(url, func(p post) answer {
		switch n := roll(p.seq, p.nth); {
		case down:
			return answer{class: delivery.ClassConnect}
		case roll(p.seq) < 4: // an event that this receiver can't stand
			return answer{status: 422, after: 10 * time.Millisecond}
		case n < 20:
			return answer{status: 500, after: time.Duration(n) * 50 * time.Millisecond}
		case n < 25:
			return never
		case n < 35:
			return answer{after: 5 * time.Second}
		default:
			return answer{after: time.Duration(n) * time.Millisecond}
		}
	})
}

func (st *story) run() {
	pauses := []time.Duration{0, time.Millisecond, 30 * time.Millisecond, 60 * time.Millisecond, time.Second, 7 * time.Second,
		20 * time.Second, 10 * time.Minute, 3 * time.Hour, 12 * time.Hour}
	for chapter := range 12 {
		if chapter == 4 {
			st.register("face_matched", "person_entered", "person_exited")
		}
		for _, e := range st.endpoints {
			e.down = st.rng.IntN(4) == 0
			st.behave(e)
		}
		for range 1 + st.rng.IntN(3) {
			types := make([]string, 1+st.rng.IntN(60))
			for i := range types {
				types[i] = event.Catalogue()[st.rng.IntN(len(event.Catalogue()))].Name
			}
			st.events = append(st.events, st.s.publish(types...)...)
			time.Sleep(pauses[st.rng.IntN(len(pauses))])
		}
		switch st.rng.IntN(3) {
		case 0:
			st.crash()
		case 1:
			st.s = st.s.restart(st.w)
		}
	}
	st.crash()
	for _, e := range st.endpoints {
		st.w.answers(e.URL, always(answer{after: 50 * time.Millisecond}))
	}
	time.Sleep(14 * time.Hour) // the longest wait, and a fifth, and an outage's
	synctest.Wait()
	st.count()
	for _, e := range st.endpoints {
		st.check(e)
	}
}

// count notes what has arrived.
func (st *story) count() {
	for _, e := range st.endpoints {
		for seq := range st.w.delivered(e.URL) {
			e.arrived[seq] = true
		}
	}
}

// crash goes on with the data folder as it lies on disk, while requests are
// under way and results wait for the store.
func (st *story) crash() {
	synctest.Wait()
	to := st.t.TempDir()
	copyFolder(st.t, st.s.dir, to)
	st.count()
	st.s.stop() // what this still brings about is not counted
	st.w = newWorld()
	for _, e := range st.endpoints {
		st.behave(e)
	}
	st.s = startSite(st.t, to, st.w)
}

func (st *story) check(e *told) {
	t, s := st.t, st.s
	exhausted, pending := make(map[int64]bool), 0
	for seq, p := range s.pending(e.ID) {
		if p.Due.IsZero() {
			exhausted[seq] = true
			if p.Attempts != len(worker.RetryDelays)+1 {
				t.Errorf("%s: event %d is exhausted after %d attempts", e.URL, seq, p.Attempts)
			}
		} else {
			pending++
		}
	}
	for _, published := range st.events {
		switch seq := published.Seq; {
		case !e.Types.Has(published.Type) || seq <= e.after:
			if e.arrived[seq] || exhausted[seq] {
				t.Errorf("%s: event %d isn't for it and came", e.URL, seq)
			}
		default:
			if !e.arrived[seq] && !exhausted[seq] {
				t.Errorf("%s: event %d is lost", e.URL, seq)
			}
		}
	}
	status := s.service.Status(e.ID)
	if pending != 0 || status.Retrying != 0 || status.InFlight != 0 || status.Behind != 0 || status.State != delivery.Active ||
		status.Exhausted != len(exhausted) {
		t.Errorf("%s: %d are pending, %d exhausted; the status is %+v", e.URL, pending, len(exhausted), status)
	}
	if cursor := s.kept(e.ID).Cursor; cursor != s.hub.Head() {
		t.Errorf("%s: the cursor is at %d of %d", e.URL, cursor, s.hub.Head())
	}
}
