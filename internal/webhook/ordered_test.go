package webhook

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/fullrun"
)

// TestOrdered_DeliversEverythingInOrder lets an ordered
// receiver fail at random while Postern is stopped, crashed, paused and
// changed at random. The first deliveries of all events are complete and in the
// log's order.
func TestOrdered_DeliversEverythingInOrder(t *testing.T) {
	t.Parallel()
	for seed := range fullrun.Seeds(10, 2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newOrderedStory(t, seed).run() })
		})
	}
}

type orderedStory struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand
	w     *world
	s     *site
	id    string
	first []int64 // events in the order in which they were first taken
	taken map[int64]bool
}

func newOrderedStory(t *testing.T, seed uint64) *orderedStory {
	st := &orderedStory{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 2)), w: newWorld(), taken: make(map[int64]bool)}
	st.s = startSite(t, t.TempDir(), st.w)
	st.id = st.s.registerWith(urlA, delivery.Settings{Ordered: true}).ID
	st.behave()
	return st
}

// behave makes the receiver fail now and then, but never for good: an event
// that is given up ends the order.
func (st *orderedStory) behave() {
	seed := st.seed
	st.w.answers(urlA, func(p post) answer {
		h := fnv.New64a()
		fmt.Fprint(h, seed, p.seq, p.nth)
		switch n := int(h.Sum64() >> 33 % 100); {
		case p.nth > 5:
			return answer{after: time.Second}
		case n < 10:
			return answer{status: 500, after: time.Duration(n) * 100 * time.Millisecond}
		case n < 15:
			return answer{status: 429, retry: time.Duration(n) * time.Second}
		case n < 18:
			return never
		case n < 22:
			return answer{class: delivery.ClassConnect}
		case n < 30:
			return answer{after: 5 * time.Second}
		default:
			return answer{after: time.Duration(n) * time.Millisecond}
		}
	})
}

func (st *orderedStory) run() {
	t := st.t
	pauses := []time.Duration{0, time.Millisecond, 30 * time.Millisecond, 60 * time.Millisecond, time.Second, 7 * time.Second,
		time.Minute, 10 * time.Minute}
	settings := []delivery.Settings{{Ordered: true}, {Ordered: true, PerSecond: 20}, {Ordered: true, InFlight: 1, TimeoutSeconds: 15}}
	for range 25 {
		st.s.publishMany(1+st.rng.IntN(10), "face_matched")
		rest(pauses[st.rng.IntN(len(pauses))])
		switch st.rng.IntN(6) {
		case 0:
			st.crash()
		case 1:
			st.s = st.s.restart(st.w)
		case 2:
			st.s.pause(st.id)
			rest(pauses[st.rng.IntN(len(pauses))])
			st.s.resume(st.id, SendWaiting)
		case 3:
			st.s.change(st.id, Change{Settings: ReplaceSettings(settings[st.rng.IntN(len(settings))])})
		}
	}
	rest(24 * time.Hour) // the longest wait, where pauses have cost some event its attempts
	st.note()
	head := st.s.hub.Head()
	if int64(len(st.first)) != head {
		t.Errorf("%d of %d events were taken", len(st.first), head)
	}
	for i, seq := range st.first {
		if seq != int64(i)+1 {
			t.Errorf("event %d was the first time taken as number %d", seq, i+1)
			break
		}
	}
	if status := st.s.service.Status(st.id); status.State != delivery.Active || status.Exhausted != 0 || status.Behind != 0 ||
		status.Retrying != 0 {
		t.Errorf("in the end the status is %+v", status)
	}
}

// note takes what has arrived in this world into account.
func (st *orderedStory) note() {
	if most := st.w.most(urlA); most > 1 {
		st.t.Errorf("%d were in flight at once", most)
	}
	for _, p := range st.w.posts(urlA) {
		if p.status == 200 && !p.interrupted && !st.taken[p.seq] {
			st.taken[p.seq] = true
			st.first = append(st.first, p.seq)
		}
	}
}

// crash goes on with the data folder as it lies on disk.
func (st *orderedStory) crash() {
	synctest.Wait()
	to := st.t.TempDir()
	copyFolder(st.t, st.s.dir, to)
	st.note()
	st.s.stop() // what this still brings about is not counted
	st.w = newWorld()
	st.behave()
	st.s = startSite(st.t, to, st.w)
}

func TestFailureHoldsBackAllThatFollowsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Ordered: true})
		w.answers(urlA, func(p post) answer {
			if p.seq == 3 && p.nth <= 2 {
				return answer{status: 500}
			}
			return answer{}
		})
		s.publishMany(10, "face_matched")
		rest(4 * time.Second) // before the second attempt
		if status := s.service.Status(e.ID); status.Delivered != 2 || status.Failed != 1 || status.Retrying != 1 || status.Behind != 7 ||
			status.State != delivery.Active {
			t.Errorf("behind a failure the status is %+v", status)
		}
		rest(3 * time.Second)
		if status := s.service.Status(e.ID); status.Delivered != 2 || status.Failed != 2 {
			t.Errorf("behind two failures the status is %+v", status)
		}
		rest(time.Minute)
		var order []int64
		for _, p := range w.posts(urlA) {
			order = append(order, p.seq)
		}
		if got := fmt.Sprint(order); got != "[1 2 3 3 3 4 5 6 7 8 9 10]" {
			t.Errorf("tried in the order %s", got)
		}
	})
}

func TestOrderedWebhookIsFailingAfterThree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Ordered: true})
		w.answers(urlA, status(500))
		s.publishMany(10, "face_matched")
		rest(10 * time.Second)
		if status := s.service.Status(e.ID); status.Failed != 2 || status.State != delivery.Active {
			t.Errorf("after two failures the status is %+v", status)
		}
		rest(time.Minute)
		if status := s.service.Status(e.ID); status.State != delivery.Failing || status.Retrying != 1 || status.Behind != 9 {
			t.Errorf("after three failures the status is %+v", status)
		}
		for _, p := range w.posts(urlA) {
			if p.seq != 1 {
				t.Errorf("event %d was tried before the first had arrived", p.seq)
			}
		}
	})
}

// A receiver that was away for days gets every event once, and none has used
// up an attempt meanwhile.
func TestReceiverThatWasAwayForThreeDaysGetsEverythingOnce(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{false, true} {
		t.Run(fmt.Sprintf("ordered %v", ordered), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.registerWith(urlA, delivery.Settings{Ordered: ordered})
				s.publishMany(20, "face_matched")
				rest(time.Minute)
				w.answers(urlA, always(answer{class: delivery.ClassConnect, after: 5 * time.Second}))
				var spent int
				for hour := range 72 {
					s.publishMany(7, "face_matched")
					rest(time.Hour)
					attempts := 0
					for seq, p := range s.pending(e.ID) {
						if attempts += p.Attempts; p.Due.IsZero() {
							t.Fatalf("in hour %d event %d is exhausted", hour, seq)
						}
					}
					switch {
					case hour == 2:
						spent = attempts
					case hour > 2 && attempts > spent:
						t.Fatalf("in hour %d %d attempts are spent, were %d", hour, attempts, spent)
					}
				}
				if status := s.service.Status(e.ID); status.State != delivery.Failing || status.Delivered != 20 {
					t.Fatalf("after three days the status is %+v", status)
				}
				w.answers(urlA, always(answer{after: 20 * time.Millisecond}))
				rest(time.Hour)
				const n = 20 + 72*7
				w.deliveredOnce(t, urlA, 1, n)
				if status := s.service.Status(e.ID); status.State != delivery.Active || status.Delivered != n || status.Exhausted != 0 ||
					status.Behind != 0 || status.Retrying != 0 {
					t.Errorf("after the recovery the status is %+v", status)
				}
				if last := int64(0); ordered {
					for _, p := range w.posts(urlA) {
						if p.status == 200 {
							if p.seq != last+1 {
								t.Errorf("event %d arrived after event %d", p.seq, last)
							}
							last = p.seq
						}
					}
				}
			})
		})
	}
}

// Two hundred endpoints, three of which are trouble: the others must not
// notice.
func TestTroubledEndpointsLeaveTwoHundredOthersAlone(t *testing.T) {
	t.Parallel()
	measure := func(t *testing.T, troubled bool) (worst time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := openSite(t, t.TempDir(), w)
			const n = 197
			for i := range n {
				url := fmt.Sprintf("http://%d.example/", i)
				w.answers(url, always(answer{after: 5 * time.Millisecond}))
				s.register(url, "", "face_matched")
			}
			if troubled {
				w.answers("http://hangs.example/", always(never))
				w.answers("http://slow.example/", always(answer{after: 10 * time.Second}))
				w.answers("http://flooded.example/", always(answer{after: time.Second}))
				s.register("http://hangs.example/", "", "face_matched")
				s.register("http://slow.example/", "", "face_matched")
				s.register("http://flooded.example/", "", "*")
			}
			s.run()
			synctest.Wait()
			for range 6 {
				if troubled {
					s.publishMany(100, "face_detected")
				}
				s.publish("face_matched")
				rest(time.Second)
			}
			for i := range n {
				url := fmt.Sprintf("http://%d.example/", i)
				worst = max(worst, s.p95(w, url))
				if got := len(w.delivered(url)); got != 6 {
					t.Errorf("%s got %d events, want 6", url, got)
				}
			}
		})
		return worst
	}
	without, with := measure(t, false), measure(t, true)
	if with > without {
		t.Errorf("the p95 of the others is %v, without the troubled ones %v", with, without)
	}
}
