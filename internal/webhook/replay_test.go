package webhook

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/problem"
)

func (s *site) replay(id string, r ReplayRequest) *delivery.Replay {
	s.t.Helper()
	replay, err := s.service.Replay(s.t.Context(), id, r)
	if err != nil {
		s.t.Fatal(err)
	}
	return replay
}

// replayed returns a replay as it is on record.
func (s *site) replayed(id, replay string) *delivery.Replay {
	s.t.Helper()
	all, err := s.service.Replays(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range all {
		if r.ID == replay {
			return r
		}
	}
	s.t.Fatalf("there is no replay %s", replay)
	return nil
}

// again returns how often each event was sent as a replay and taken.
func (w *world) again(url string) map[int64]int {
	count := make(map[int64]int)
	for _, p := range w.posts(url) {
		if p.replay && p.status == 200 {
			count[p.seq]++
		}
	}
	return count
}

func TestReplay_SendsTheEventsThatTheDryRunCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Cameras: []string{"a"}}, "face_matched", "line_crossed")
		published := make(map[int64]*event.Event)
		var times []time.Time
		for i := range 30 {
			times = append(times, time.Now())
			for _, kind := range []string{"face_matched", "line_crossed", "system_error"} {
				one := s.publishJSON(sample(kind, "door", []string{"a", "b"}[i%2], map[string]any{}))[0]
				published[one.Seq] = one
			}
			rest(time.Minute)
		}
		for name, tc := range map[string]struct {
			request ReplayRequest
			want    int
		}{
			"everything":         {ReplayRequest{}, 30},
			"all types":          {ReplayRequest{Filter: event.Filter{Types: event.AllTypes}}, 30},
			"one type":           {ReplayRequest{Filter: event.Filter{Types: event.Types(event.LineCrossed)}}, 15},
			"a type not for it":  {ReplayRequest{Filter: event.Filter{Types: event.Types(event.SystemError)}}, 0},
			"since a time":       {ReplayRequest{Since: times[20]}, 10},
			"since a while ago":  {ReplayRequest{Since: times[0].Add(-time.Hour)}, 30},
			"since just after":   {ReplayRequest{Since: times[20].Add(time.Microsecond)}, 8},
			"since the future":   {ReplayRequest{Since: time.Now().Add(time.Hour)}, 0},
			"after a number":     {ReplayRequest{After: 60}, 10},
			"after the newest":   {ReplayRequest{After: 90}, 0},
			"after what's to be": {ReplayRequest{After: 1000}, 0},
			"after less than 0":  {ReplayRequest{After: -5}, 30},
			"since and a type":   {ReplayRequest{Since: times[20], Filter: event.Filter{Types: event.Types(event.FaceMatched)}}, 5},
		} {
			before := w.again(urlA)
			n, exact, err := s.service.Count(t.Context(), e.ID, tc.request)
			if err != nil || !exact || n != tc.want {
				t.Errorf("%s: would send %d, %v, %v, want %d", name, n, exact, err, tc.want)
			}
			if strings.HasSuffix(name, "the future") || strings.HasSuffix(name, "the newest") || strings.HasSuffix(name, "to be") {
				var refused *problem.Error
				if _, err := s.service.Replay(t.Context(), e.ID, tc.request); !errors.As(err, &refused) {
					t.Errorf("%s: a replay of nothing began, %v", name, err)
				}
				continue
			}
			replay := s.replay(e.ID, tc.request)
			rest(time.Minute)
			sent := 0
			for seq, times := range w.again(urlA) {
				if times -= before[seq]; times == 0 {
					continue
				} else if times > 1 {
					t.Errorf("%s: event %d was sent %d times", name, seq, times)
				}
				if sent++; published[seq].Camera != "a" || tc.request.Filter.Types != 0 && !tc.request.Filter.Types.Has(published[seq].Type) {
					t.Errorf("%s: event %d was sent", name, seq)
				}
			}
			got := s.replayed(e.ID, replay.ID)
			if sent != tc.want || got.Sent != int64(tc.want) || got.Failed != 0 || got.EndedAt.IsZero() || got.Stopped ||
				got.Position != got.Through {
				t.Errorf("%s: sent %d, want %d; on record: %+v", name, sent, tc.want, got)
			}
		}
		for _, p := range w.posts(urlA) {
			if p.id != published[p.seq].ID {
				t.Errorf("event %d was sent as %s", p.seq, p.id)
			}
		}
	})
}

// latencies returns how long each live post waited since its event came.
func (s *site) latencies(w *world, url string) []time.Duration {
	s.t.Helper()
	var all []time.Duration
	for _, p := range w.posts(url) {
		if p.replay {
			continue
		}
		e, err := s.hub.At(s.t.Context(), p.seq)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, p.at.Sub(e.Received))
	}
	return all
}

func TestReplayDelaysNoLiveEventAndKeepsToItsShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(500, "face_matched")
		rest(time.Minute)
		had := len(w.posts(urlA))
		w.answers(urlA, always(answer{after: time.Second}))
		s.replay(e.ID, ReplayRequest{})
		for range 30 {
			s.publishMany(10, "face_detected")
			rest(time.Second)
		}
		running := s.service.Status(e.ID).InFlight
		if running > delivery.DefaultInFlight/4+10 || running == 0 {
			t.Errorf("%d are in flight at once", running)
		}
		for _, d := range s.latencies(w, urlA)[had:] {
			if d > 0 {
				t.Errorf("a live event waited %v", d)
			}
		}
		// A quarter is the replay's: eight a second.
		if n := len(w.again(urlA)); n < 29*8-8 || n > 30*8+8 {
			t.Errorf("%d events were sent again in 30 s, want about %d", n, 30*8)
		}
		rest(time.Hour)
		if again := w.again(urlA); len(again) != 500 {
			t.Errorf("%d events were sent again, want 500", len(again))
		}
		w.deliveredOnce(t, urlA, 501, 800)
	})
}

// A busy worker has no time for replays, and they go on when it has.
func TestReplay_WaitsForABusyWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{InFlight: 4})
		s.publishMany(20, "face_matched")
		rest(time.Minute)
		w.answers(urlA, always(answer{after: time.Second}))
		s.publishMany(100, "face_detected") // 25 s of work
		synctest.Wait()
		replay := s.replay(e.ID, ReplayRequest{})
		rest(20 * time.Second)
		if n := len(w.again(urlA)); n != 0 {
			t.Errorf("%d events were sent again although live ones wait", n)
		}
		rest(time.Hour)
		if got := s.replayed(e.ID, replay.ID); len(w.again(urlA)) != 120 || got.EndedAt.IsZero() || got.Sent != 120 {
			t.Errorf("%d events were sent again, on record: %+v", len(w.again(urlA)), got)
		}
		for seq, n := range w.delivered(urlA) {
			if n != 2 {
				t.Errorf("event %d was delivered %d times, want once live and once again", seq, n)
			}
		}
	})
}

func TestProgressOfAReplayNeverGoesBackAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(400, "face_matched")
		rest(time.Minute)
		w.answers(urlA, func(p post) answer {
			return answer{after: time.Duration(p.seq%9) * 300 * time.Millisecond,
				status: map[bool]int{true: 500}[p.replay && p.nth == 2 && p.seq%10 == 0]}
		})
		id := s.replay(e.ID, ReplayRequest{}).ID
		var before delivery.Replay
		for i := range 1000 {
			got := s.replayed(e.ID, id)
			if got.Position < before.Position || got.Sent < before.Sent || got.Failed < before.Failed || got.Sent+got.Failed > 400 {
				t.Fatalf("progress went from %+v to %+v", before, got)
			}
			if !got.EndedAt.IsZero() {
				if got.Position != 400 || got.Sent != 360 || got.Failed != 40 || got.Stopped {
					t.Errorf("it ended as %+v", got)
				}
				break
			}
			if i == 20 {
				s.change(e.ID, Change{Secret: new("another secret")}) // while some are under way
			}
			if i == 40 {
				s = s.restart(w)
			}
			before = *got
			rest(500 * time.Millisecond)
		}
		// A failed replay delivery is retried like any other.
		rest(time.Minute)
		again := w.again(urlA)
		for seq := int64(1); seq <= 400; seq++ {
			if again[seq] != 1 {
				t.Errorf("event %d was sent again and taken %d times", seq, again[seq])
			}
		}
		if status := s.service.Status(e.ID); status.Retrying != 0 || status.Exhausted != 0 || len(s.pending(e.ID)) != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestStoppedReplaySendsNoMore(t *testing.T) {
	t.Parallel()
	for _, paused := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			e := s.registerWith(urlA, delivery.Settings{PerSecond: 1})
			s.publishMany(30, "face_matched")
			rest(time.Minute)
			w.answers(urlA, always(answer{after: 5 * time.Second}))
			id := s.replay(e.ID, ReplayRequest{}).ID
			rest(10 * time.Second)
			if paused {
				s.pause(e.ID)
			}
			if err := s.service.StopReplay(t.Context(), e.ID, id); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			had := len(w.posts(urlA))
			rest(time.Hour)
			if n := len(w.posts(urlA)) - had; n != 0 {
				t.Errorf("%d posts after the replay was stopped", n)
			}
			got := s.replayed(e.ID, id)
			if !got.Stopped || got.EndedAt.IsZero() || got.Position >= 30 || got.Sent != int64(had-30) || got.Position != int64(had-30) {
				t.Errorf("on record: %+v, %d were sent", got, had-30)
			}
			if err := s.service.StopReplay(t.Context(), e.ID, id); err != nil {
				t.Errorf("stopped again: %v", err)
			}
			s = s.restart(w)
			s.resume(e.ID, SendWaiting)
			rest(time.Hour)
			if n := len(w.posts(urlA)) - had; n != 0 {
				t.Errorf("a restart sent %d events of a stopped replay", n)
			}
			if again := s.replayed(e.ID, id); !again.EndedAt.Equal(got.EndedAt) {
				t.Errorf("on record: %+v, was %+v", again, got)
			}
		})
	}
}

// Neither a stop nor a crash lets a replay skip an event.
func TestReplayGoesOnAfterRestartsAndCrashes(t *testing.T) {
	t.Parallel()
	for seed := range int(fullrun.Seeds(3, 1)) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			e := s.register(urlA, "", "*")
			s.publishMany(200, "face_matched")
			rest(time.Minute)
			taken := make(map[int64]int)
			behave := func() {
				w.answers(urlA, func(p post) answer {
					return answer{after: time.Duration((p.seq*7+int64(seed))%11) * 200 * time.Millisecond,
						status: map[bool]int{true: 500}[p.nth == 1 && p.seq%13 == 0]}
				})
			}
			w = newWorld() // counts what is sent again
			s = s.restart(w)
			behave()
			id := s.replay(e.ID, ReplayRequest{}).ID
			for i := range 5 {
				rest(time.Duration(1000*(i+1)+37*seed) * time.Millisecond)
				dir, orderly := s.dir, i%3 == 0
				if orderly {
					s.stop()
				} else {
					dir = t.TempDir()
					copyFolder(t, s.dir, dir)
				}
				for seq, n := range w.again(urlA) {
					taken[seq] += n
				}
				s.stop() // what this still brings about after a crash is not counted
				w = newWorld()
				behave()
				s = startSite(t, dir, w)
			}
			rest(time.Hour)
			for seq, n := range w.again(urlA) {
				taken[seq] += n
			}
			for seq := int64(1); seq <= 200; seq++ {
				if taken[seq] == 0 {
					t.Errorf("event %d was skipped", seq)
				}
			}
			if got := s.replayed(e.ID, id); got.EndedAt.IsZero() || got.Position != 200 {
				t.Errorf("on record: %+v", got)
			}
			if status := s.service.Status(e.ID); status.Retrying != 0 || len(s.pending(e.ID)) != 0 {
				t.Errorf("the status is %+v", status)
			}
		})
	}
}
