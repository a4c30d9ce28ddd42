package webhook

import (
	"testing"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

func TestBurstsToANodeServerDoNotMakeAWebhookFailing(t *testing.T) {
	t.Parallel()
	port := webhooktest.NodeServer(t, webhooktest.NodeClosesEarly)
	s := startSite(t, t.TempDir(), nil)
	e := s.register("http://127.0.0.1:"+port+"/in", "", "face_matched")
	sent := 0
	for _, n := range []int{1, 100, 1, 300, 32, 1} {
		s.publishMany(n, "face_matched")
		sent += n
		waitFor(t, func() bool { return s.service.Status(e.ID).Delivered == int64(sent) })
	}
	status := s.service.Status(e.ID)
	if status.Failed != 0 || status.State != delivery.Active || status.StateCause != "" || status.LastError != nil || status.Retrying != 0 {
		t.Errorf("the status is %+v", status)
	}
	for _, a := range s.attempts(e.ID) {
		if !a.OK() || a.Number != 1 {
			t.Errorf("on record is %+v", a)
		}
	}
	if n := s.service.Metrics().Repeats; n == 0 {
		t.Error("no repeat is counted")
	}
}
