package webhook

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/alerts"
)

// startTelling starts a site on simulated time that also says what Postern
// itself has to say.
func startTelling(t *testing.T, w *world) *site {
	t.Helper()
	s := openSite(t, t.TempDir(), w)
	s.service.publish = s.hub.Publish
	s.run()
	return s
}

// told returns Postern's own events, oldest first.
func (s *site) told() []*event.Event {
	s.t.Helper()
	page, err := s.hub.Search(s.t.Context(), event.Query{Filter: event.Filter{Sources: []string{event.OwnSource}},
		Limit: event.MaxPageEvents, Ascending: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Events
}

// wantKinds checks the kinds of Postern's announcements, oldest first.
func (s *site) wantKinds(want ...event.Kind) {
	s.t.Helper()
	var got []event.Kind
	for _, e := range s.told() {
		var data event.Announcement
		if err := json.Unmarshal(e.Data, &data); err != nil {
			s.t.Fatal(err)
		}
		got = append(got, data.Kind)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("announced were %v, want %v", got, want)
	}
}

// wantOwnOpen checks the number of Postern's own open alerts.
func (s *site) wantOwnOpen(want int64) {
	s.t.Helper()
	n, exact, err := s.store.Alerts.Count(s.t.Context(), alerts.Selection{Filter: event.Filter{Sources: []string{event.OwnSource}}}, 100)
	if err != nil || n != want || !exact {
		s.t.Errorf("%d alerts are open, exactly: %t, %v; want %d", n, exact, err, want)
	}
}

// Every announcement that ends a state names the announcements that opened it,
// also after a restart, and closes their alerts.
func TestAnnouncement_OfAnEndResolvesTheBeginning(t *testing.T) {
	t.Parallel()
	disable := func(s *site, w *world) {
		w.answers(urlA, status(410))
		rest(time.Hour)
	}
	for name, tc := range map[string]struct {
		before  func(*site, *world)
		end     func(*site, *world, string)
		want    []event.Kind
		restart bool
		wait    time.Duration
	}{
		"a recovery": {nil, func(_ *site, w *world, _ string) {
			w.answers(urlA, nil)
		}, []event.Kind{event.WebhookFailing, event.WebhookRecovered}, false, 10 * time.Minute},
		"a recovery after a restart": {nil, func(_ *site, w *world, _ string) {
			w.answers(urlA, nil)
		}, []event.Kind{event.WebhookFailing, event.WebhookRecovered}, true, 10 * time.Minute},
		"a resumption": {disable, func(s *site, w *world, id string) { w.answers(urlA, nil); s.resume(id, SendWaiting) },
			[]event.Kind{event.WebhookFailing, event.WebhookDisabled, event.WebhookResumed}, false, 4 * time.Second},
		"a resumption after a restart": {disable, func(s *site, w *world, id string) { w.answers(urlA, nil); s.resume(id, FromNow) },
			[]event.Kind{event.WebhookFailing, event.WebhookDisabled, event.WebhookResumed}, true, 4 * time.Second},
		"a pause": {nil, func(s *site, _ *world, id string) {
			s.pause(id)
		}, []event.Kind{event.WebhookFailing, event.WebhookPaused}, false, 4 * time.Second},
		"a removal": {disable, func(s *site, _ *world, id string) { _ = s.service.Remove(context.Background(), id) },
			[]event.Kind{event.WebhookFailing, event.WebhookDisabled, event.WebhookRemoved}, false, 4 * time.Second},
		"a resumption that doesn't help": {nil, func(s *site, _ *world, id string) { s.resume(id, SendWaiting); s.resume(id, SendWaiting) },
			[]event.Kind{event.WebhookFailing, event.WebhookResumed}, false, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startTelling(t, w)
				e := s.register(urlA, "", "*")
				s.fail(w, urlA, e.ID)
				rest(time.Second)
				if tc.before != nil {
					tc.before(s, w)
				}
				opened := int64(len(s.told()))
				s.wantOwnOpen(opened)
				if tc.restart {
					s.stop()
					s = openSite(t, s.dir, w)
					s.service.publish = s.hub.Publish
					s.run()
					rest(time.Second)
				}
				tc.end(s, w, e.ID)
				rest(tc.wait)
				s.wantKinds(tc.want...)
				s.wantOwnOpen(0)
				told := s.told()
				ids, ends := told[len(told)-1].Resolves()
				if !ends || int64(len(ids)) != opened {
					t.Fatalf("it resolves %q", ids)
				}
				for i, id := range ids {
					if id != told[i].ID {
						t.Errorf("it resolves %q, and %q was announced", id, told[i].ID)
					}
				}
			})
		})
	}
}

func TestAnnouncement_GoesToOtherWebhooksOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startTelling(t, w)
		about := s.register(urlA, "", "*")
		other := s.register(urlB, "", "system_error")
		s.fail(w, urlA, about.ID)
		rest(time.Second)
		told := s.told()
		if len(told) != 1 {
			t.Fatalf("%d events were told", len(told))
		}
		var data event.Announcement
		if err := json.Unmarshal(told[0].Data, &data); err != nil {
			t.Fatal(err)
		}
		if e := told[0]; e.Type != event.SystemError || e.Source != "postern" || !event.ValidID(e.ID) ||
			data.WebhookID != about.ID || data.Host != "a.example" || data.Code != "webhook_failing" || data.Kind != event.WebhookFailing ||
			data.Resolves != nil || data.Module == "" || data.Message == "" {
			t.Errorf("told: %s", e.JSON())
		}
		if got := w.delivered(urlB); len(got) != 1 || got[told[0].Seq] != 1 {
			t.Errorf("the other webhook got %v", got)
		}

		// A recovery is announced and resolves the alert. Pausing and resuming
		// a healthy webhook isn't announced.
		w.answers(urlA, nil)
		rest(2 * time.Minute)
		s.pause(about.ID)
		rest(time.Minute)
		s.resume(about.ID, SendWaiting)
		rest(time.Minute)
		s.wantKinds(event.WebhookFailing, event.WebhookRecovered)
		s.wantOwnOpen(0)

		w.answers(urlA, status(410))
		s.publish("face_matched")
		rest(time.Minute)
		s.wantKinds(event.WebhookFailing, event.WebhookRecovered, event.WebhookDisabled)
		s.wantOwnOpen(1)
		if n := len(w.delivered(urlB)); n != 3 {
			t.Errorf("the other webhook got %d events", n)
		}

		// The one that it is about never hears of it, by a replay neither.
		w.answers(urlA, nil)
		s.resume(about.ID, SendWaiting)
		rest(time.Minute)
		n, exact, err := s.service.Count(t.Context(), about.ID, ReplayRequest{})
		if err != nil || !exact || n != worker.FailingAfter+1 {
			t.Errorf("a replay would send %d, %v, %v, want %d", n, exact, err, worker.FailingAfter+1)
		}
		if _, err := s.service.Replay(t.Context(), about.ID, ReplayRequest{}); err != nil {
			t.Fatal(err)
		}
		rest(time.Minute)
		for _, p := range w.posts(urlA) {
			if p.kind == event.SystemError {
				t.Errorf("the webhook was told about itself: event %d, replay %v", p.seq, p.replay)
			}
		}
		s.wantKinds(event.WebhookFailing, event.WebhookRecovered, event.WebhookDisabled, event.WebhookResumed)
		s.wantOwnOpen(0)
		if status := s.service.Status(about.ID); status.Behind != 0 || status.State != delivery.Active {
			t.Errorf("its status is %+v", status)
		}
		// The other one may have its replay.
		if _, err := s.service.Replay(t.Context(), other.ID, ReplayRequest{}); err != nil {
			t.Fatal(err)
		}
		rest(time.Minute)
		if n := len(w.posts(urlB)); n != 8 {
			t.Errorf("after a replay the other webhook has had %d posts, want 8", n)
		}
	})
}

// Two that are failing hear of each other once they answer, not of
// themselves.
func TestFailingWebhooksHearOfEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startTelling(t, w)
		a, b := s.register(urlA, "", "*"), s.register(urlB, "", "*")
		w.answers(urlB, status(500))
		s.fail(w, urlA, a.ID)
		rest(6 * time.Hour)
		s.wantKinds(event.WebhookFailing, event.WebhookFailing)
		w.answers(urlA, nil)
		w.answers(urlB, nil)
		rest(time.Hour)
		about := map[string]string{urlA: a.ID, urlB: b.ID}
		for url, id := range about {
			heard := 0
			for _, p := range w.posts(url) {
				if p.kind != event.SystemError || p.status != 200 {
					continue // probes with it failed, as with any other
				}
				heard++
				e, err := s.hub.At(t.Context(), p.seq)
				if err != nil || e.AnnouncedWebhook() == id {
					t.Errorf("%s heard %s, %v", url, e.JSON(), err)
				}
			}
			if heard != 2 {
				t.Errorf("%s heard of %d changes, want the other's two", url, heard)
			}
		}
	})
}

// A producer's event is nobody's announcement, whatever its data says.
func TestProducersErrorThatNamesAWebhookIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startTelling(t, w)
		e := s.register(urlA, "", "*")
		s.publishJSON(`{"type": "system_error", "source": "face_pipeline", "data": {"webhook_id": "` + e.ID + `"}}`)
		rest(time.Second)
		if n := len(w.delivered(urlA)); n != 1 {
			t.Errorf("%d events were delivered, want 1", n)
		}
	})
}

func TestAnnouncementWaitsForAStoreThatRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startTelling(t, w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, status(410))
		rest(time.Second)
		execute(
			t,
			s.dir,
			"CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.source = 'postern' BEGIN SELECT RAISE(ABORT, 'no room'); END",
		)
		s.publish("face_matched")
		rest(time.Minute)
		if status := s.service.Status(e.ID); status.State != delivery.Disabled || len(s.told()) != 0 {
			t.Fatalf("the status is %+v; told: %v", status, s.told())
		}
		execute(t, s.dir, "DROP TRIGGER full")
		rest(time.Minute)
		if told := s.told(); len(told) != 1 {
			t.Errorf("%d events were told once there is room", len(told))
		}
	})
}
