package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// Deliveries that wait for a retry when retention removes their events count as
// expired, once, however retention removes them and Postern ends: the numbers
// of the worker and of the store say so, and a line in the log.
func TestRetriesThatRetentionRemovesCountAsExpiredOnce(t *testing.T) {
	t.Parallel()
	const refused, accepted = 20, 5
	for retention, opts := range map[string]store.Options{
		"age":   {Retain: 24 * time.Hour},
		"bytes": {RetainBytes: 1},
		"type":  {RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}},
	} {
		for _, end := range []string{"goes on", "restart before", "restart after", "kill before", "kill after", "paused", "kill while paused"} {
			t.Run(retention+", "+end, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					late := new(lateClock)
					opts := opts
					opts.Now = late.now
					s := openSiteWith(t, t.TempDir(), w, opts, hub.Options{})
					s.run()
					e := s.register(urlA, "", "*")
					w.answers(urlA, func(p post) answer {
						if p.kind == event.FaceDetected {
							return answer{status: 422}
						}
						return answer{}
					})
					for range accepted { // between them, so that the events are to blame
						s.publishMany(refused/accepted, "face_detected")
						s.publish("line_crossed")
						rest(time.Second)
					}
					if st := s.service.Status(e.ID); st.Retrying != refused || st.State != delivery.Active {
						t.Fatalf("before retention the status is %+v", st)
					}
					first := s
					reopen := func(dir string) {
						s = openSiteWith(t, dir, w, opts, hub.Options{})
						s.run()
					}
					kill := func() {
						dir := t.TempDir()
						copyFolder(t, s.dir, dir)
						s.stop()
						reopen(dir)
					}
					remove := func() {
						late.add(48 * time.Hour)
						if n, err := s.store.Retain(t.Context()); err != nil || n < refused {
							t.Fatalf("Retain: %d, %v", n, err)
						}
					}
					switch end {
					case "goes on":
						remove()
					case "restart before":
						s.stopWorkers()
						remove()
						s.stop()
						reopen(s.dir)
					case "restart after":
						remove()
						rest(10 * time.Second)
						s.stop()
						reopen(s.dir)
					case "kill before": // the worker hasn't heard of it
						s.stopWorkers()
						remove()
						kill()
					case "kill after":
						remove()
						rest(10 * time.Second)
						kill()
					case "paused":
						s.pause(e.ID)
						remove()
					case "kill while paused":
						s.pause(e.ID)
						remove()
						kill()
					}
					rest(10 * time.Second)
					st, kept := s.service.Status(e.ID), s.kept(e.ID)
					if st.Expired != refused || st.ExpiredRetries != refused || st.Retrying != 0 {
						t.Errorf("the status is %+v, want %d expired", st, refused)
					}
					if kept.Expired != refused || kept.ExpiredRetries != refused || len(s.pending(e.ID)) != 0 {
						t.Errorf("the store has %+v and %v pending, want %d expired", kept, s.pending(e.ID), refused)
					}
					const line = "deliveries expired while they waited for a retry"
					if logged := s.log.count(line) + first.log.count(line); logged == 0 {
						t.Error("no line in the log says so")
					}
				})
			})
		}
	}
}

// A delivery past the settled cursor is counted by the log after a crash, and
// by the worker without one: once in either case.
func TestRetryPastTheCursorExpiresOnce(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := openSiteWith(t, t.TempDir(), w, store.Options{RetainBytes: 1}, hub.Options{})
			s.run()
			e := s.register(urlA, "", "*")
			w.answers(urlA, func(p post) answer {
				if p.seq == 1 {
					return answer{after: 900 * time.Millisecond} // the cursor waits for it
				}
				return answer{status: 422}
			})
			s.publishMany(5, "face_matched")
			rest(500 * time.Millisecond)
			if kept := s.kept(e.ID); kept.Cursor != 0 || len(s.pending(e.ID)) != 4 {
				t.Fatalf("the cursor is at %d, pending are %v", kept.Cursor, s.pending(e.ID))
			}
			if n, err := s.store.Retain(t.Context()); err != nil || n != 5 {
				t.Fatalf("Retain: %d, %v", n, err)
			}
			rest(100 * time.Millisecond)
			want := int64(4) // the first arrived
			if crash {
				dir := t.TempDir()
				copyFolder(t, s.dir, dir)
				s.stop()
				s = openSiteWith(t, dir, w, store.Options{RetainBytes: 1}, hub.Options{})
				s.run()
				want = 5 // it isn't known any more that the first arrived
			}
			rest(time.Minute)
			if st, kept := s.service.Status(e.ID), s.kept(e.ID); st.Expired != want || kept.Expired != want || st.Retrying != 0 ||
				len(s.pending(e.ID)) != 0 {
				t.Errorf("crash %t: the status is %+v, the store has %d expired and %v pending, want %d", crash, st, kept.Expired,
					s.pending(e.ID), want)
			}
		})
	}
}
