package webhook

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/fullrun"
)

// refusals is a receiver that refuses some requests: those of chosen events, a
// random share, all at chosen times, or any combination.
type refusals struct {
	events func(seq int64) bool // refused whenever they are sent
	share  float64              // of the other requests
	times  func(at time.Time) bool
	status int
	class  delivery.Class // a request at such a time fails without an answer; zero refuses it
	rng    *rand.Rand     // of the answers alone: the sender's lock guards it
}

func (r *refusals) answer(p post) answer {
	switch {
	case r.times != nil && r.times(p.at):
		if r.class != delivery.ClassNone {
			return answer{class: r.class, after: time.Millisecond}
		}
	case r.events != nil && r.events(p.seq), r.rng.Float64() < r.share:
	default:
		return answer{after: time.Millisecond}
	}
	return answer{status: r.status, after: time.Millisecond}
}

// TestWorker_Refusals sends events to receivers that refuse by event, by share,
// by time and by all of these. Every event that a receiver would accept
// arrives, no webhook is disabled, an event loses attempts only where others
// are accepted, and the refused ones end up exhausted.
func TestWorker_Refusals(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name                     string
		byEvent, byShare, byTime bool
	}{
		{"by event", true, false, false}, {"by share", false, true, false}, {"by time", false, false, true}, {"by all three", true, true, true},
	}
	for _, kind := range kinds {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					rng := rand.New(rand.NewPCG(seed, uint64(len(kind.name))))
					r := &refusals{status: []int{400, 401, 403, 404, 422, 500, 502, 503}[rng.IntN(8)], rng: rand.New(rand.NewPCG(seed, 0))}
					if kind.byEvent {
						// Single ones, and 60 of one batch.
						r.events = func(seq int64) bool { return seq%7 == 3 || 100 < seq && seq <= 160 }
					}
					if kind.byShare {
						r.share = 0.1 + 0.4*rng.Float64()
					}
					var from, until time.Time
					if kind.byTime {
						from = time.Now().Add(time.Minute)
						until = from.Add(time.Duration(1+rng.IntN(180)) * time.Minute)
						r.times = func(at time.Time) bool { return !at.Before(from) && at.Before(until) }
						r.class = []delivery.Class{delivery.ClassNone, delivery.ClassDNS, delivery.ClassConnect, delivery.ClassTLS,
							delivery.ClassTimeout}[rng.IntN(5)]
					}
					w := newWorld()
					s := startSite(t, t.TempDir(), w)
					e := s.register(urlA, "", "*")
					w.answers(urlA, r.answer)
					for _, size := range []int{20, 20, 20, 20, 20, 80, 20, 20, 20, 20, 20} {
						s.publishMany(size, "face_matched")
						time.Sleep(time.Duration(rng.IntN(10_000)) * time.Millisecond)
					}
					for time.Now().Before(until) {
						s.publish("line_crossed")
						time.Sleep(time.Minute)
					}
					head := s.hub.Head()
					if !kind.byTime {
						if n := s.log.count("webhook is failing"); n != 0 {
							t.Errorf("the webhook was failing %d times although it accepted events all along", n)
						}
					}
					rest(40 * time.Hour) // all nine attempts, and more
					status := s.service.Status(e.ID)
					if status.State != delivery.Active || status.Behind != 0 || status.Retrying != 0 {
						t.Errorf("in the end the status is %+v", status)
					}
					delivered := w.delivered(urlA)
					refused := 0
					for seq := int64(1); seq <= head; seq++ {
						never := r.events != nil && r.events(seq)
						if never {
							refused++
						}
						if got := delivered[seq]; never && got != 0 || !never && r.share < 0.2 && got != 1 {
							t.Errorf("event %d, refused always: %v, was delivered %d times", seq, never, got)
						}
					}
					if r.share < 0.2 && status.Exhausted != refused {
						t.Errorf("%d are exhausted, want the %d that are always refused", status.Exhausted, refused)
					}
					for seq, p := range s.pending(e.ID) {
						if p.Attempts != len(worker.RetryDelays)+1 {
							t.Errorf("event %d is exhausted after %d attempts, want %d", seq, p.Attempts, len(worker.RetryDelays)+1)
						}
					}
					if n := s.log.count("webhook is disabled"); n != 0 {
						t.Errorf("the webhook was disabled %d times", n)
					}
				})
			})
		}
	}
}

// A receiver that accepts nothing uses up no event's attempts, for every kind
// of refusal and every rate of events.
func TestWorker_SpendsNoAttemptsOnAnOutage(t *testing.T) {
	t.Parallel()
	for _, a := range []answer{
		{status: 401}, {status: 422}, {status: 500}, {status: 503}, {class: delivery.ClassBody},
		{class: delivery.ClassDNS}, {class: delivery.ClassConnect}, {class: delivery.ClassTLS}, {class: delivery.ClassTimeout}, never,
	} {
		t.Run(fmt.Sprintf("%d %s", a.status, a.class), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.register(urlA, "", "*")
				s.publish("face_matched")
				rest(time.Second)
				w.answers(urlA, always(a))
				for range 20 {
					s.publishMany(3, "face_matched")
					time.Sleep(time.Second)
				}
				rest(2 * time.Minute)
				if status := s.service.Status(e.ID); status.State != delivery.Failing || status.Exhausted != 0 {
					t.Fatalf("the status is %+v", status)
				}
				rest(5 * time.Hour)
				for seq, p := range s.pending(e.ID) {
					if p.Attempts != 0 || p.Due.IsZero() {
						t.Errorf("event %d has spent %d attempts, is due %v", seq, p.Attempts, p.Due)
					}
				}
				w.answers(urlA, always(answer{}))
				rest(10 * time.Minute)
				w.deliveredOnce(t, urlA, 1, 61)
				if status := s.service.Status(e.ID); status.State != delivery.Active {
					t.Errorf("after the outage the status is %+v", status)
				}
			})
		})
	}
}

// Refused events don't delay the others, even where they are half of very
// many. The ones that are due last are then exhausted early.
func TestWorker_RefusedEventsLeaveRoomForOthers(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		refused := func(seq int64) bool { return seq%2 == 0 }
		w.answers(urlA, (&refusals{status: 422, events: refused, rng: rand.New(rand.NewPCG(1, 2))}).answer)
		const batches, size = 21, 1000
		for range batches {
			s.publishMany(size, "face_matched")
			time.Sleep(time.Second)
		}
		rest(20 * time.Second)
		status := s.service.Status(e.ID)
		if status.State != delivery.Active || status.Behind != 0 {
			t.Errorf("the status is %+v", status)
		}
		if status.Retrying > worker.MaxRetries || status.Retrying+status.Exhausted+status.InFlight != batches*size/2 {
			t.Errorf("%d wait for a retry and %d are exhausted, want %d together and at most %d waiting", status.Retrying, status.Exhausted,
				batches*size/2, worker.MaxRetries)
		}
		delivered := w.delivered(urlA)
		for seq := int64(1); seq <= batches*size; seq++ {
			if got := delivered[seq]; !refused(seq) && got != 1 {
				t.Fatalf("event %d was delivered %d times", seq, got)
			}
		}
		if n := s.log.count("deliveries exhausted early"); n == 0 {
			t.Error("the log doesn't say that deliveries were exhausted early")
		}
	})
}
