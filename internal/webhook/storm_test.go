package webhook

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
)

// publishAbout publishes a face_matched event of somebody at a camera.
func (s *site) publishAbout(camera, identity string) int64 {
	s.t.Helper()
	return s.publishJSON(sample("face_matched", "door", camera, map[string]any{"identity_id": identity}))[0].Seq
}

func TestStormLetsOneThroughPerCameraTypeAndIdentity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 10})
		var want []int64
		want = append(want, s.publishAbout("lobby", "alice"), s.publishAbout("dock", "alice"), s.publishAbout("lobby", "bob"),
			s.publishJSON(sample("line_crossed", "door", "lobby", map[string]any{"identity_id": "alice"}))[0].Seq,
			s.publishJSON(sample("face_matched", "door", "lobby", map[string]any{"track_id": "7"}))[0].Seq,
			s.publishJSON(sample("face_matched", "door", "", map[string]any{}))[0].Seq)
		for range 9 {
			rest(time.Second)
			s.publishAbout("lobby", "alice")
		}
		s.publishAbout("lobby", "bob")
		if got := s.service.Status(e.ID); got.Behind != 0 || got.Delivered != int64(len(want)) {
			t.Errorf("the status is %+v", got)
		}
		rest(time.Second)
		want = append(want, s.publishAbout("lobby", "alice")) // the window began with what was sent
		rest(time.Second)
		want = append(want, s.publishAbout("lobby", "bob"), s.publishAbout("dock", "alice"))
		rest(time.Minute)

		var got []int64
		suppressed := make(map[int64]int)
		for _, p := range w.posts(urlA) {
			got = append(got, p.seq)
			if p.suppressed > 0 {
				suppressed[p.seq] = p.suppressed
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%v were sent, want %v", got, want)
		}
		if n := len(want); len(suppressed) != 2 || suppressed[want[n-3]] != 9 || suppressed[want[n-2]] != 1 {
			t.Errorf("told of %v that were held back", suppressed)
		}
		status := s.service.Status(e.ID)
		if status.Suppressed != 10 || s.kept(e.ID).Suppressed != 10 || status.Behind != 0 || s.kept(e.ID).Cursor != s.hub.Head() {
			t.Errorf("the status is %+v", status)
		}
		s = s.restart(w)
		rest(time.Second)
		if status := s.service.Status(e.ID); status.Suppressed != 10 {
			t.Errorf("after a restart the status is %+v", status)
		}
		// The deduplication window is lost with it: at worst one delivery too many.
		last := s.publishAbout("lobby", "alice")
		rest(time.Second)
		if w.delivered(urlA)[last] != 1 {
			t.Error("the first after a restart was held back")
		}
	})
}

// A retry is the same delivery, and says the same.
func TestStormControl_RetriesSayHowManyWereSuppressed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 10})
		s.publishAbout("lobby", "alice")
		for range 4 {
			s.publishAbout("lobby", "alice")
		}
		rest(11 * time.Second)
		w.answers(urlA, func(p post) answer { return answer{status: map[bool]int{true: 500}[p.nth <= 2]} })
		seq := s.publishAbout("lobby", "alice")
		rest(3 * time.Second)
		s.publishAbout("lobby", "alice") // held back, and nothing to the retries
		rest(5 * time.Minute)
		var told []int
		for _, p := range w.posts(urlA) {
			if p.seq == seq {
				told = append(told, p.suppressed)
			}
		}
		if !slices.Equal(told, []int{4, 4, 4}) {
			t.Errorf("the attempts told of %v that were held back, want 4 each time", told)
		}
		if status := s.service.Status(e.ID); status.Suppressed != 5 || status.Delivered != 2 || status.Retrying != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestReplaysAndResendsPassTheStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 3600})
		for range 20 {
			s.publishAbout("lobby", "alice")
		}
		rest(time.Second)
		if n := len(w.posts(urlA)); n != 1 {
			t.Fatalf("%d posts, want 1", n)
		}
		s.replay(e.ID, ReplayRequest{})
		rest(time.Second)
		if n := len(w.again(urlA)); n != 20 {
			t.Errorf("%d events were replayed, want 20", n)
		}
		held, err := s.hub.At(t.Context(), 5)
		if err != nil {
			t.Fatal(err)
		}
		s.resend(e.ID, held.ID)
		rest(time.Second)
		if n := w.again(urlA)[5]; n != 2 {
			t.Errorf("what was held back was sent on request %d times, want 2", n)
		}
		if status := s.service.Status(e.ID); status.Suppressed != 19 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestChangeOfTheStormWindowCountsFromThenOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 3600})
		s.publishAbout("lobby", "alice")
		s.publishAbout("lobby", "alice")
		rest(time.Minute)
		s.change(e.ID, Change{Secret: new("another secret")}) // leaves the window
		s.publishAbout("lobby", "alice")
		rest(time.Minute)
		if n := len(w.posts(urlA)); n != 1 {
			t.Errorf("%d posts within the window", n)
		}
		s.change(e.ID, Change{Settings: ReplaceSettings(delivery.Settings{})})
		for range 3 {
			s.publishAbout("lobby", "alice")
		}
		rest(time.Minute)
		if n := len(w.posts(urlA)); n != 4 {
			t.Errorf("%d posts, want 4 once there is no window", n)
		}
	})
}

// After an outage the deduplication window goes by the events' times, not by the
// time of sending: events that were far apart are all sent.
func TestStormControlGoesByArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 60}, "face_matched")
		if err := s.service.Pause(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			s.publish("face_matched")
			s.publish("face_matched")
			time.Sleep(2 * time.Minute)
		}
		if err := s.service.Resume(t.Context(), e.ID, SendWaiting); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.delivered(urlA)); n != 5 {
			t.Errorf("%d events were sent, want one of each pair", n)
		}
		if got := s.service.Status(e.ID).Suppressed; got != 5 {
			t.Errorf("%d were held back, want 5", got)
		}
	})
}
