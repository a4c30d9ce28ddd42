package webhook

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// TestExpire_CountsEventsRemovedFromTheMiddle lets a type's retention remove
// events that a worker has read, that it has still to read, and that it
// retries.
func TestExpire_CountsEventsRemovedFromTheMiddle(t *testing.T) {
	t.Parallel()
	for _, history := range []int{1, 1000} {
		w := newWorld()
		late := &lateClock{}
		s := openSiteWith(t, t.TempDir(), w, store.Options{Now: late.now,
			RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}}, hub.Options{History: history})
		const url = "https://a.example/hook"
		hook := s.register(url, "whsec_your_signing_secret", "*")
		others := s.register("https://b.example/hook", "whsec_your_signing_secret", "line_crossed")
		w.answers(url, status(500))
		s.run()
		failed := s.publish("face_detected", "line_crossed")
		waitFor(t, func() bool { return len(s.pending(hook.ID)) == 2 })
		if err := s.service.Pause(t.Context(), hook.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.service.Pause(t.Context(), others.ID); err != nil {
			t.Fatal(err)
		}
		s.publish("face_detected", "line_crossed", "face_detected", "face_detected")
		last := s.publish("line_crossed")
		late.add(2 * time.Hour)
		if n, err := s.store.Retain(t.Context()); err != nil || n != 4 {
			t.Fatalf("Retain: %d, %v", n, err)
		}
		w.answers(url, status(200))
		for _, id := range []string{hook.ID, others.ID} {
			if err := s.service.Resume(t.Context(), id, SendWaiting); err != nil {
				t.Fatal(err)
			}
		}
		waitFor(t, func() bool { return w.delivered(url)[last[0].Seq] == 1 })
		waitFor(t, func() bool { return s.service.Status(hook.ID).Expired >= 3 })
		if _, ok := w.delivered(url)[failed[0].Seq]; ok {
			t.Error("what is gone was sent")
		}
		waitFor(t, func() bool { return w.delivered("https://b.example/hook")[last[0].Seq] == 1 })
		if st := s.service.Status(others.ID); st.Expired > 1 { // the very first of the log
			t.Errorf("history %d: %d expired of a type that it never asked for", history, st.Expired)
		}
		if st := s.service.Status(hook.ID); st.Behind != 0 {
			t.Errorf("it is behind by %d", st.Behind)
		}
		var sent []int64
		for _, p := range w.posts(url) {
			if p.status == 200 {
				sent = append(sent, p.seq)
			}
		}
		slices.Sort(sent)
		if slices.Contains(sent, 3) || len(slices.Compact(sent)) != len(sent) {
			t.Errorf("sent %v", sent)
		}
		s.stop()
	}
}

// lateClock is real time and more.
type lateClock struct{ more atomic.Int64 }

func (c *lateClock) now() time.Time      { return time.Now().Add(time.Duration(c.more.Load())) }
func (c *lateClock) add(d time.Duration) { c.more.Add(int64(d)) }
