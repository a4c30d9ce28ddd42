package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/hubtest"
	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/hub"
	"postern/internal/store"
)

// A webhook from a time when plain http was allowed is not called once it isn't,
// and its other settings can still be changed.
func TestPlainHTTPIsNotCalledOnceItIsNotAllowed(t *testing.T) {
	t.Parallel()
	sink := webhooktest.NewSink(t)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(sink.URL, "", "face_matched")
	s.stop()

	strict := loopback
	strict.Egress.AllowHTTP = false
	log := hubtest.Open(t, hubtest.Options{Dir: s.dir})
	j, h := log.Store, log.Hub
	service, err := New(t.Context(), j, h, strict)
	if err != nil {
		t.Fatal(err)
	}
	s = &site{t: t, dir: s.dir, store: j, hub: h, service: service}
	t.Cleanup(s.stop)
	s.run()
	s.publish("face_matched")
	waitFor(t, func() bool { return len(s.attempts(e.ID)) > 0 })
	if a := s.attempts(e.ID)[0]; a.Class != delivery.ClassRefused || a.Status != 0 {
		t.Errorf("the attempt is %+v", a)
	}
	if _, err := service.Change(t.Context(), e.ID, Change{Settings: ReplaceSettings(delivery.Settings{PerSecond: 5})}); err != nil {
		t.Errorf("its pace can't be changed: %v", err)
	}
	if _, err := service.Change(t.Context(), e.ID, Change{URL: &sink.URL}); err == nil {
		t.Error("the URL was taken again")
	}
}

// Retention during a pause is a loss that shows at once.
func TestStatus_ShowsEventsThatRetentionRemovesDuringAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSiteWith(t, t.TempDir(), w, store.Options{Retain: time.Minute}, hub.Options{})
		s.run()
		e := s.register(urlA, "", "*")
		if err := s.service.Pause(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		s.publishMany(5, "face_matched")
		time.Sleep(2 * time.Minute)
		if _, err := s.store.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.publish("face_matched")
		if got := s.service.Status(e.ID); got.Expired != 5 || got.Behind != 1 {
			t.Errorf("while paused: %+v", got)
		}
		if err := s.service.Resume(t.Context(), e.ID, SendWaiting); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := s.service.Status(e.ID); got.Expired != 5 || got.Behind != 0 || got.Delivered != 1 {
			t.Errorf("after it: %+v", got)
		}
	})
}
