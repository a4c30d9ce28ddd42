package webhook

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
)

// fail makes an endpoint fail until it counts as failing.
func (s *site) fail(w *world, url, id string) {
	s.t.Helper()
	w.answers(url, status(503))
	s.publishMany(worker.FailingAfter, "face_matched")
	time.Sleep(worker.RefusedFor + time.Second) // settled by then
	synctest.Wait()
	if status := s.service.Status(id); status.State != delivery.Failing {
		s.t.Fatalf("after %d failures in a row the status is %+v", worker.FailingAfter, status)
	}
}

func TestWorker_FailingAfterTenDistinctRefusedEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, status(500))
		s.publishMany(9, "face_matched")
		time.Sleep(time.Hour) // each fails six times
		synctest.Wait()
		if status := s.service.Status(e.ID); status.Failed < 50 || status.State != delivery.Active || !status.FailingSince.IsZero() ||
			!status.NextProbe.IsZero() {
			t.Fatalf("after %d failures of nine events: %+v", status.Failed, status)
		}
		s.publish("line_crossed")
		synctest.Wait()
		now := time.Now()
		got := s.service.Status(e.ID)
		if got.State != delivery.Failing || !got.FailingSince.Equal(now) {
			t.Fatalf("after the refusal of a tenth event: %+v", got)
		}
		if wait := got.NextProbe.Sub(now); !within(wait, worker.FirstProbe) {
			t.Errorf("the first probe comes after %v", wait)
		}
		rest(time.Second) // settled by then
		for seq, p := range s.pending(e.ID) {
			if p.Attempts != 0 {
				t.Errorf("event %d has spent %d attempts on an endpoint that accepts nothing", seq, p.Attempts)
			}
		}
	})
}

// A short burst of refused events is no outage.
func TestWorker_NotFailingInAShortBurstOfRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.seq <= 500 {
				return answer{status: 422, after: 5 * time.Millisecond}
			}
			return answer{}
		})
		s.publishMany(600, "face_matched")
		time.Sleep(worker.RefusedFor - time.Second)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.State != delivery.Active || status.Delivered != 100 || status.Behind != 0 {
			t.Errorf("after 500 refused events the status is %+v", status)
		}
		if n := s.log.count("webhook is failing"); n != 0 {
			t.Errorf("the webhook was failing %d times", n)
		}
	})
}

func TestWorker_FailingAfterFourAttemptsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, class := range []delivery.Class{delivery.ClassDNS, delivery.ClassConnect, delivery.ClassTLS, delivery.ClassTimeout} {
		for _, ordered := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, ordered %v", class, ordered), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					s := startSite(t, t.TempDir(), w)
					e := s.registerWith(urlA, delivery.Settings{Ordered: ordered})
					w.answers(urlA, always(answer{class: class}))
					s.publish("face_matched") // a quiet webhook: one event
					rest(time.Minute)
					if status := s.service.Status(e.ID); status.State != delivery.Active || status.Failed != 3 {
						t.Errorf("after three attempts the status is %+v", status)
					}
					rest(4 * time.Minute)
					status := s.service.Status(e.ID)
					if status.State != delivery.Failing || !strings.Contains(status.StateCause, "no answer") {
						t.Errorf("after four attempts the status is %+v", status)
					}
					for seq, p := range s.pending(e.ID) {
						if p.Attempts != 0 {
							t.Errorf("event %d has spent %d attempts", seq, p.Attempts)
						}
					}
				})
			})
		}
	}
}

func TestOneSuccessEndsTheRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.nth == 1 && p.seq%worker.FailingAfter != 0 {
				return answer{status: 500}
			}
			return answer{}
		})
		for range 5 * worker.FailingAfter {
			s.publish("face_matched")
			synctest.Wait()
			if status := s.service.Status(e.ID); status.State != delivery.Active {
				t.Fatalf("the status is %+v", status)
			}
		}
		if status := s.service.Status(e.ID); status.Failed != 5*(worker.FailingAfter-1) || status.Delivered != 5 {
			t.Errorf("the status is %+v", status)
		}
	})
}

// Attempts are spent on events, not on outages.
func TestWorker_OutageSpendsNoAttemptsAndRecoveryDeliversTheBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		since := s.service.Status(e.ID).FailingSince
		spent := s.pending(e.ID)
		probesFrom := len(w.posts(urlA))

		// A day, with events all along.
		for range 24 {
			time.Sleep(time.Hour)
			s.publish("face_matched", "line_crossed")
		}
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		got := s.service.Status(e.ID)
		if got.State != delivery.Failing || !got.FailingSince.Equal(since) || got.Exhausted != 0 || got.InFlight != 0 {
			t.Errorf("after a day the status is %+v", got)
		}
		if got.Behind+int64(got.Retrying) != worker.FailingAfter+48 {
			t.Errorf("after a day %d are behind and %d wait, want %d together", got.Behind, got.Retrying, worker.FailingAfter+48)
		}
		for seq, p := range s.pending(e.ID) {
			if p.Attempts != spent[seq].Attempts || p.Attempts > 0 {
				t.Errorf("event %d has used up %d attempts, had %d", seq, p.Attempts, spent[seq].Attempts)
			}
		}
		// New events and waiting ones alternate as probes, one at a time, at
		// growing intervals.
		probes := w.posts(urlA)[probesFrom:]
		last := since
		tried := make(map[int64]int)
		for i, p := range probes {
			tried[p.seq]++
			if wait := p.at.Sub(last); !within(wait, min(worker.FirstProbe<<min(i, 20), worker.MaxProbe)) {
				t.Errorf("probe %d came after %v", i, wait)
			}
			last = p.ended
		}
		for seq := range int64(worker.FailingAfter + 40) {
			if tried[seq+1] == 0 {
				t.Errorf("event %d was no probe", seq+1)
			}
		}
		if n := len(probes); n < 24*60/6 || n > 24*60/4+10 {
			t.Errorf("%d probes in a day", n)
		}

		w.answers(urlA, always(answer{after: 20 * time.Millisecond}))
		time.Sleep(2 * worker.MaxProbe)
		synctest.Wait()
		got = s.service.Status(e.ID)
		if got.State != delivery.Active || !got.FailingSince.IsZero() || !got.NextProbe.IsZero() || got.Behind != 0 || got.Retrying != 0 ||
			got.Exhausted != 0 {
			t.Errorf("after the recovery the status is %+v", got)
		}
		if got.Delivered != worker.FailingAfter+48 {
			t.Errorf("%d delivered, want %d", got.Delivered, worker.FailingAfter+48)
		}
		for seq := int64(1); seq <= worker.FailingAfter+48; seq++ {
			if n := w.delivered(urlA)[seq]; n != 1 {
				t.Errorf("event %d was delivered %d times", seq, n)
			}
		}
		if pending := s.pending(e.ID); len(pending) != 0 {
			t.Errorf("still pending: %v", pending)
		}
	})
}

func TestWorker_FailuresInFlightWhenTheOutageBeginsSpendNoAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, always(never))
		s.publishMany(100, "face_matched")
		time.Sleep(delivery.DefaultTimeout + time.Second)
		synctest.Wait()
		// Each of the failures before the one that tells makes room for one.
		had := len(w.posts(urlA))
		if had < delivery.DefaultInFlight || had > delivery.DefaultInFlight+worker.FailingAfter-1 {
			t.Errorf("%d posts before the outage showed, want about %d", had, delivery.DefaultInFlight)
		}
		spent := func() (attempts int) {
			for _, p := range s.pending(e.ID) {
				attempts += p.Attempts
			}
			return attempts
		}
		if attempts := spent(); attempts != 0 {
			t.Errorf("%d attempts are spent", attempts)
		}
		// From then on an endpoint that hangs has one request at a time.
		time.Sleep(time.Hour)
		synctest.Wait()
		probes := w.posts(urlA)[had:]
		if len(probes) < 10 {
			t.Errorf("%d probes in an hour", len(probes))
		}
		last := w.posts(urlA)[had-1].ended
		for i, p := range probes {
			if p.at.Before(last) {
				t.Errorf("probe %d began before the request before it had ended", i)
			}
			last = p.ended
		}
		if attempts := spent(); attempts != 0 {
			t.Errorf("an hour later %d attempts are spent", attempts)
		}
	})
}

// Requests that were under way when the outage began are no probes, and make
// none later.
func TestFirstProbeComesSoonHoweverManyWereUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, always(answer{class: delivery.ClassTimeout, after: time.Second}))
		s.publishMany(100, "face_matched")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		since, had := s.service.Status(e.ID).FailingSince, len(w.posts(urlA))
		if had < delivery.DefaultInFlight {
			t.Fatalf("%d posts before the outage showed", had)
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		probes := w.posts(urlA)[had:]
		if len(probes) != 1 || !within(probes[0].at.Sub(since), worker.FirstProbe) {
			t.Errorf("since %v there were the probes %v", since, probes)
		}
	})
}

func TestWorker_LogsAnOutageAndExhaustedDeliveriesOnceAndNoSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "whsec_your_signing_secret", "*")
		s.fail(w, urlA, e.ID)
		time.Sleep(time.Hour)
		w.answers(urlA, func(p post) answer {
			if p.seq == worker.FailingAfter+1 {
				return answer{status: 422}
			}
			return answer{}
		})
		s.publishMany(2, "face_matched")
		time.Sleep(22 * time.Hour)
		synctest.Wait()
		for message, want := range map[string]int{"webhook is failing": 1, "webhook recovered": 1, "delivery exhausted": 1} {
			if n := s.log.count(message); n != want {
				t.Errorf("%q was logged %d times, want %d", message, n, want)
			}
		}
		if n := s.log.count("webhook=" + e.ID); n < 3 {
			t.Errorf("%d lines name the webhook, want each", n)
		}
		for _, secret := range []string{"whsec_", "Zo", "lobby", "similarity"} {
			if n := s.log.count(secret); n != 0 {
				t.Errorf("%q was logged %d times", secret, n)
			}
		}
	})
}

func TestFailingStateOutlastsARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		since := s.service.Status(e.ID).FailingSince
		time.Sleep(time.Hour)
		s.publishMany(50, "face_matched")
		s = s.restart(w)
		had := len(w.posts(urlA))
		synctest.Wait()
		got := s.service.Status(e.ID)
		if got.State != delivery.Failing || got.FailingSince.Sub(since).Abs() > time.Microsecond {
			t.Errorf("after a restart the status is %+v, had been failing since %v", got, since)
		}
		time.Sleep(time.Second)
		if n := len(w.posts(urlA)) - had; n > 1 {
			t.Errorf("a restart sent %d events to a failing endpoint, want at most one probe", n)
		}
		w.answers(urlA, nil)
		time.Sleep(2 * worker.MaxProbe)
		synctest.Wait()
		if got := s.service.Status(e.ID); got.State != delivery.Active || got.Delivered != worker.FailingAfter+50 {
			t.Errorf("after the recovery the status is %+v", got)
		}
		s = s.restart(w)
		if kept := s.kept(e.ID); !kept.FailingSince.IsZero() {
			t.Errorf("the store has it failing since %v", kept.FailingSince)
		}
	})
}

// An outage may end with nothing left to ask with: what waited is exhausted,
// or was removed by retention. The worker has to rest then, and to ask with the
// next event.
func TestFailingEndpointWithNothingToAskWithRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		s.stop()
		execute(t, s.dir, "DELETE FROM pending")
		s = startSite(t, s.dir, w)
		synctest.Wait() // does not return while a goroutine spins
		had := len(w.posts(urlA))
		time.Sleep(time.Hour)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.State != delivery.Failing || len(w.posts(urlA)) != had {
			t.Errorf("the status is %+v", status)
		}
		w.answers(urlA, always(answer{after: time.Second}))
		s.publishMany(3, "face_matched")
		synctest.Wait()
		if status := s.service.Status(e.ID); status.State != delivery.Failing || status.InFlight != 1 {
			t.Errorf("while it is asked with the next event the status is %+v", status)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.State != delivery.Active || status.Delivered != 3 {
			t.Errorf("after the next events the status is %+v", status)
		}
	})
}

// A receiver that is well but refuses the oldest event that waits must not be
// taken for dead.
func TestOneEventThatIsRefusedDoesNotKeepAWebhookFailing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, status(500))
		s.publishMany(30, "face_matched")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := s.service.Status(e.ID).State; got != delivery.Failing {
			t.Fatalf("it is %s", got)
		}
		w.answers(urlA, func(p post) answer {
			if p.seq == 1 {
				return answer{status: 422}
			}
			return answer{}
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := s.service.Status(e.ID); got.State != delivery.Active || got.Retrying != 1 {
			t.Errorf("it is %+v", got)
		}
		for seq := int64(2); seq <= 30; seq++ {
			if w.delivered(urlA)[seq] == 0 {
				t.Errorf("event %d wasn't delivered", seq)
			}
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if got := s.service.Status(e.ID); got.State != delivery.Active || got.Exhausted != 1 {
			t.Errorf("after a day it is %+v", got)
		}
	})
}

func TestProbesKeepToTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{PerSecond: 1.0 / 1800, Ordered: true})
		w.answers(urlA, status(500))
		s.publishMany(3, "face_matched")
		rest(6 * time.Hour)
		if status := s.service.Status(e.ID); status.State != delivery.Failing {
			t.Fatalf("the status is %+v", status)
		}
		for i, p := range w.posts(urlA) {
			if i > 0 {
				if gap := p.at.Sub(w.posts(urlA)[i-1].at); gap < 30*time.Minute-time.Millisecond {
					t.Errorf("post %d came %v after the one before", i+1, gap)
				}
			}
		}
		w.answers(urlA, nil)
		rest(4 * time.Hour)
		w.deliveredOnce(t, urlA, 1, 3)
	})
}
