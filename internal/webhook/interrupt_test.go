package webhook

import (
	"runtime"
	"testing"

	"postern/internal/webhook/webhooktest"
)

func TestStoppedServiceLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	first, second := webhooktest.NewSink(t), webhooktest.NewSink(t)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(first.URL, "whsec_your_signing_secret", "*")
	s.publishMany(100, "face_matched")
	first.Next(t, 100)
	s.change(e.ID, Change{URL: new(second.URL)})
	s.publishMany(100, "face_matched")
	second.Next(t, 100)
	gone := s.register(first.URL, "", "*")
	s.publishMany(10, "face_matched")
	first.Next(t, 10)
	if err := s.service.Remove(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	s.stop()
	// The receivers are still up: whatever connection is left is Postern's.
	waitFor(t, func() bool { return runtime.NumGoroutine() <= before+2 }) // the receivers' own
}
