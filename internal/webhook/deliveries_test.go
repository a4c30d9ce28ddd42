package webhook

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// wordsOf is what became of events at a webhook, a word each; "-" where an event
// isn't for it.
func (s *site) wordsOf(id string, events ...*event.Event) string {
	s.t.Helper()
	all, err := s.service.Deliveries(s.t.Context(), events)
	if err != nil {
		s.t.Fatal(err)
	}
	words := make([]string, len(events))
	for i := range events {
		words[i] = "-"
		for _, d := range all[i] {
			if d.WebhookID == id {
				words[i] = string(d.State)
			}
		}
	}
	return strings.Join(words, " ")
}

// one is what became of an event at a webhook.
func (s *site) one(id string, e *event.Event) delivery.Delivery {
	s.t.Helper()
	all, err := s.service.EventDeliveries(s.t.Context(), e)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range all {
		if d.WebhookID == id {
			return d
		}
	}
	s.t.Fatalf("event %d isn't for %s", e.Seq, id)
	panic("unreachable")
}

func (s *site) wantTold(id, want string, events ...*event.Event) {
	s.t.Helper()
	if got := s.wordsOf(id, events...); got != want {
		s.t.Errorf("told: %s, want %s", got, want)
	}
}

func TestDeliveries_HaveTheirStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const well, ill, other, late = "https://well.example/", "https://ill.example/", "https://other.example/", "https://late.example/"
		w := newWorld()
		w.answers(ill, func(p post) answer {
			if p.seq == 1 {
				return answer{status: 500}
			}
			return answer{}
		})
		s := startSite(t, t.TempDir(), w)
		good, bad, filtered := s.register(well, "", "*"), s.register(ill, "", "*"), s.register(other, "", "line_crossed")
		events := s.publish("face_matched", "line_crossed", "face_matched")
		after := s.register(late, "", "*")
		time.Sleep(2 * time.Second)
		synctest.Wait()

		s.wantTold(good.ID, "delivered delivered delivered", events...)
		s.wantTold(bad.ID, "retrying delivered delivered", events...)
		s.wantTold(filtered.ID, "- delivered -", events...)
		s.wantTold(after.ID, "- - -", events...)
		d := s.one(bad.ID, events[0])
		if d.AttemptCount != 1 || len(d.Attempts) != 1 || d.Last.Status != 500 || d.Last.ID() == "" ||
			d.URL != ill || d.Webhook != delivery.Active ||
			!d.DeliveredAt.IsZero() || time.Until(d.NextAttempt) > 6*time.Second || d.NextAttempt.Before(time.Now()) {
			t.Errorf("what is tried again is %+v", d)
		}
		if a, err := s.service.Attempt(t.Context(), bad.ID, d.Last.ID()); err != nil || a != *d.Last && a.EventID != events[0].ID {
			t.Errorf("by its id the attempt is %+v, %v", a, err)
		}
		time.Sleep(30 * time.Hour)
		synctest.Wait()
		s.wantTold(bad.ID, "exhausted delivered delivered", events...)
		if d := s.one(bad.ID, events[0]); d.AttemptCount != 9 || len(d.Attempts) != 9 || d.Attempts[0].Number != 1 || d.Last.Number != 9 {
			t.Errorf("what was given up is %+v", d)
		}

		// Sent again by hand: to the one that gave up, and to one that it
		// isn't for.
		w.answers(ill, nil)
		for _, id := range []string{bad.ID, filtered.ID} {
			if err := s.service.Resend(t.Context(), id, events[0].ID); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantTold(bad.ID, "delivered delivered delivered", events...)
		s.wantTold(filtered.ID, "delivered delivered -", events...)

		// A webhook that is gone still tells what went to it.
		if err := s.service.Remove(t.Context(), good.ID); err != nil {
			t.Fatal(err)
		}
		s.wantTold(good.ID, "delivered delivered delivered", events...)
		if d := s.one(good.ID, events[0]); d.Webhook != "" || d.URL != well {
			t.Errorf("at the removed webhook it is %+v", d)
		}
	})
}

// Its race is for the race detector.
func TestDeliveries_AreReadWhileSettingsChange(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, "", "*")
	events := s.publishMany(1, "face_matched")
	var changes sync.WaitGroup
	changes.Go(func() {
		for n := range 20 {
			change := Change{Settings: ReplaceSettings(delivery.Settings{InFlight: n + 1})}
			if _, err := s.service.Change(t.Context(), e.ID, change); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		all, err := s.service.Deliveries(t.Context(), events)
		if err != nil {
			t.Fatal(err)
		}
		if d := all[0]; len(d) != 1 || d[0].State != delivery.Waiting {
			t.Errorf("the deliveries are %+v", d)
		}
	}
	changes.Wait()
}

func TestDeliveries_OfAPausedWebhookAreWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "face_matched")
		first := s.publish("face_matched")
		time.Sleep(time.Second)
		if err := s.service.Pause(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		held := s.publish("face_matched", "line_crossed", "face_matched")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.wantTold(e.ID, "waiting - waiting", held...)
		if d := s.one(e.ID, held[0]); d.Webhook != delivery.Paused || d.AttemptCount != 0 {
			t.Errorf("what waits for a paused webhook is %+v", d)
		}
		if err := s.service.Resume(t.Context(), e.ID, FromNow); err != nil {
			t.Fatal(err)
		}
		next := s.publish("face_matched")
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantTold(e.ID, "delivered skipped - skipped delivered", first[0], held[0], held[1], held[2], next[0])

		// A restart knows no less.
		s = s.restart(w)
		s.wantTold(e.ID, "delivered skipped - skipped delivered", first[0], held[0], held[1], held[2], next[0])

		// Other settings hold for the events after them.
		types := []string{"*"}
		if _, err := s.service.Change(t.Context(), e.ID, Change{EventTypes: &types}); err != nil {
			t.Fatal(err)
		}
		s.wantTold(e.ID, "delivered skipped - skipped delivered", first[0], held[0], held[1], held[2], next[0])
	})
}

func TestDeliveries_SuppressedByStormControl(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 60}, "*")
		events := s.publishMany(3, "face_matched")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.wantTold(e.ID, "delivered held_back held_back", events...)
	})
}

func TestDroppedRetriesAreSkipped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.answers(urlA, status(500))
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		events := s.publish("face_matched")
		time.Sleep(2 * time.Second)
		if err := s.service.Resume(t.Context(), e.ID, FromNow); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantTold(e.ID, "skipped", events...)
		if d := s.one(e.ID, events[0]); d.AttemptCount != 1 || d.Last.OK() {
			t.Errorf("%+v", d)
		}
	})
}

func TestDeliveriesOfAPageAtManyWebhooks(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	const endpoints, events = 20, 4000
	var published []*event.Event
	for len(published) < events {
		published = append(published, s.publishMany(500, "face_matched")...)
	}
	for i := range endpoints {
		s.register(fmt.Sprintf("https://%d.example/", i), "", "*")
		n := s.service.endpoints[i].endpoint.N
		var attempts []delivery.Attempt
		for seq := int64(1); seq <= events; seq++ {
			attempts = append(attempts, delivery.Attempt{Seq: seq, At: someTime, Number: 1, Status: 200})
		}
		if err := s.store.Deliveries.Settle(t.Context(), &deliveries.Settlement{Endpoint: n, Cursor: events, Attempts: attempts}); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	all, err := s.service.Deliveries(t.Context(), published[1000:1100])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("100 events at %d webhooks took %v", endpoints, time.Since(began))
	for i, deliveries := range all {
		if len(deliveries) != endpoints {
			t.Fatalf("event %d has %d deliveries", i, len(deliveries))
		}
		for _, d := range deliveries {
			if d.State != delivery.Delivered || d.AttemptCount != 1 {
				t.Fatalf("event %d: %+v", i, d)
			}
		}
	}
}
