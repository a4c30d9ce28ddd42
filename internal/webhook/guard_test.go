package webhook

import (
	"strings"
	"testing"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

func TestRefusedTargetIsAFailureThatOperatorsCanSee(t *testing.T) {
	t.Parallel()
	sink := webhooktest.NewSink(t)
	s := openSite(t, t.TempDir(), nil)
	s.service.rules.guard = egress.NewGuard(egress.Policy{AllowHTTP: true})
	e := s.register(strings.Replace(sink.URL, "127.0.0.1", "localhost", 1), "", "*")
	s.run()
	s.publish("face_matched")
	waitFor(t, func() bool { return s.service.Status(e.ID).Failed == 1 })
	s.stopWorkers()
	if status := s.service.Status(e.ID); status.LastError == nil || status.LastError.Class != delivery.ClassRefused {
		t.Errorf("the status is %+v", status)
	}
	got := s.attempts(e.ID)
	if len(got) != 1 || got[0].Class != delivery.ClassRefused || got[0].OK() || !strings.Contains(got[0].Detail, "--allow-target") {
		t.Errorf("the attempts are %+v", got)
	}
	if len(s.pending(e.ID)) != 1 || len(sink.Got) != 0 {
		t.Error("the event isn't kept for another attempt")
	}
}
