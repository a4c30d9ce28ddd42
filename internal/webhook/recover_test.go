package webhook

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
)

// recover begins a recovery.
func (s *site) recover(r RecoverRequest) *delivery.Recovery {
	s.t.Helper()
	recovery, err := s.service.Recover(s.t.Context(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	return recovery
}

// recovery returns a recovery as it is stored.
func (s *site) recovery(id string) *delivery.Recovery {
	s.t.Helper()
	r, err := s.service.Recovery(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// undelivered is a webhook with events of every cause, and one that was delivered.
type undelivered struct {
	e                                          *delivery.Endpoint
	delivered, exhausted, aside, skipped, held []*event.Event
	before                                     time.Time
}

// spoil makes an ordered webhook whose receiver refuses the events of one camera, and
// then lets the receiver accept all.
func (s *site) spoil(w *world) undelivered {
	s.t.Helper()
	u := undelivered{before: time.Now()}
	refused := map[int64]bool{}
	w.answers(urlA, func(p post) answer {
		if refused[p.seq] {
			return answer{status: 400}
		}
		return answer{}
	})
	u.e = s.registerWith(urlA, delivery.Settings{StormSeconds: 60})
	about := func(camera, identity string) []*event.Event {
		return s.publishJSON(sample("face_matched", "door", camera, map[string]any{"identity_id": identity}))
	}
	head := s.hub.Head()
	refused[head+1], refused[head+2] = true, true
	u.exhausted = about("lobby", "a")
	rest(time.Second)
	u.aside = about("lobby", "b")
	rest(time.Second)
	if err := s.service.SetAside(s.t.Context(), u.e.ID, u.aside[0].ID); err != nil {
		s.t.Fatal(err)
	}
	u.delivered = about("lobby", "c")
	rest(time.Second)
	u.held = slices.Concat(about("lobby", "c"), about("lobby", "c"))
	rest(24 * time.Hour)
	s.pause(u.e.ID)
	u.skipped = slices.Concat(about("lobby", "d"), about("gate", "d"))
	rest(time.Second)
	s.resume(u.e.ID, FromNow)
	rest(time.Second)
	w.answers(urlA, always(answer{}))
	return u
}

func (u *undelivered) all() []*event.Event {
	return slices.Concat(u.exhausted, u.aside, u.held, u.skipped)
}

// A recovery delivers once each what wasn't delivered, and nothing that was. A dry run
// says by cause what it will be.
func TestRecover_DeliversOnlyWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		u := s.spoil(w)
		s.wantReason(u.e.ID, u.exhausted[0], delivery.Exhausted, "")
		request := RecoverRequest{Webhooks: []string{u.e.ID}, Since: u.before, Causes: delivery.AllCauses}
		counts, err := s.service.CountUndelivered(t.Context(), request)
		want := map[delivery.Causes]int{delivery.CauseExhausted: 1, delivery.CauseSetAside: 1, delivery.CauseSkipped: 2, delivery.CauseStorm: 2}
		if err != nil || len(counts) != 1 || !maps.Equal(counts[0].ByCause, want) || !counts[0].Exact || counts[0].Expired != 0 {
			t.Fatalf("the dry run says %+v, %v; want %v", counts, err, want)
		}
		before := w.delivered(urlA)
		r := s.recover(request)
		rest(time.Minute)
		got := w.delivered(urlA)
		for seq := range got {
			got[seq] -= before[seq]
		}
		for _, e := range u.all() {
			if got[e.Seq] != 1 {
				t.Errorf("event %d was recovered %d times", e.Seq, got[e.Seq])
			}
			delete(got, e.Seq)
			s.wantReason(u.e.ID, e, delivery.Delivered, "")
		}
		for seq, n := range got {
			if n != 0 {
				t.Errorf("event %d, which had been delivered, was sent again", seq)
			}
		}
		if r = s.recovery(r.ID); r.Ended().IsZero() || r.Stopped() || r.Replays[0].Sent != 6 || r.Replays[0].WebhookID != u.e.ID {
			t.Errorf("the recovery is %+v", r.Replays[0])
		}
		if n := s.service.Status(u.e.ID).Exhausted; n != 0 {
			t.Errorf("%d are still exhausted", n)
		}
		var refused *problem.Error
		if _, err := s.service.Recover(t.Context(), request); !errors.As(err, &refused) {
			t.Errorf("a recovery of nothing began: %v", err)
		}
	})
}

func TestRecover_OfSomeCausesAndEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		u := s.spoil(w)
		again := func(r RecoverRequest) (seqs []int64) {
			before := w.delivered(urlA)
			r.Webhooks = []string{u.e.ID}
			if _, err := s.service.Recover(t.Context(), r); err != nil {
				return nil
			}
			rest(time.Minute)
			for seq, n := range w.delivered(urlA) {
				if n > before[seq] {
					seqs = append(seqs, seq)
				}
			}
			slices.Sort(seqs)
			return seqs
		}
		arrived := func(e *event.Event) time.Time { return e.Received }
		for _, tc := range []struct {
			name string
			r    RecoverRequest
			want []*event.Event
		}{
			{"after all", RecoverRequest{Since: arrived(u.skipped[1]).Add(time.Microsecond), Causes: delivery.AllCauses}, nil},
			{"before all", RecoverRequest{Since: u.before, Until: arrived(u.exhausted[0]), Causes: delivery.AllCauses}, nil},
			{"another source", RecoverRequest{Since: u.before, Causes: delivery.AllCauses, Filter: event.Filter{Sources: []string{"x"}}}, nil},
			{"another type", RecoverRequest{Since: u.before, Causes: delivery.AllCauses,
				Filter: event.Filter{Types: event.Types(event.LineCrossed)}}, nil},
			{"set aside", RecoverRequest{Since: u.before, Causes: delivery.CauseSetAside}, u.aside},
			{"exhausted", RecoverRequest{Since: u.before, Causes: delivery.CauseExhausted}, u.exhausted},
			{"a camera", RecoverRequest{Since: u.before, Causes: delivery.CauseSkipped, Filter: event.Filter{Cameras: []string{"gate"}}},
				u.skipped[1:]},
			{"up to a time", RecoverRequest{Since: u.before, Until: arrived(u.skipped[0]), Causes: delivery.AllCauses}, u.held},
			{"the rest", RecoverRequest{Since: u.before, Causes: delivery.AllCauses}, u.skipped[:1]},
		} {
			if got := again(tc.r); !slices.Equal(got, seqs(tc.want)) {
				t.Errorf("%s: %v were recovered, want %v", tc.name, got, seqs(tc.want))
			}
		}
	})
}

// A recovery goes on after a kill, delivers nothing twice that is on record as
// delivered, and can be stopped.
func TestRecover_SurvivesAKillAndStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Ordered: true})
		s.pause(e.ID)
		events := s.publishMany(600, "face_matched")
		rest(time.Second)
		s.resume(e.ID, FromNow)
		rest(time.Second)
		w.answers(urlA, always(answer{after: time.Second}))
		since := events[0].Received
		r := s.recover(RecoverRequest{Webhooks: []string{e.ID}, Since: since, Causes: delivery.AllCauses})
		rest(100 * time.Second)
		killed := t.TempDir()
		copyFolder(t, s.dir, killed)
		s.stop()
		before := w.posts(urlA)

		after := newWorld()
		after.answers(urlA, always(answer{after: time.Second}))
		s = startSite(t, killed, after)
		rest(100 * time.Second)
		posts := after.posts(urlA)
		if len(posts) < 90 || posts[0].seq < before[len(before)-1].seq-5 || posts[0].seq > before[len(before)-1].seq+1 {
			t.Fatalf("after the kill %d were sent from event %d on; before it, event %d was the last", len(posts), posts[0].seq, before[len(before)-1].seq)
		}
		if !slices.IsSortedFunc(posts, func(a, b post) int { return int(a.seq - b.seq) }) {
			t.Error("an ordered webhook got the events out of order")
		}
		if err := s.service.StopRecovery(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		rest(time.Minute)
		if got := len(after.posts(urlA)); got > len(posts)+2 {
			t.Errorf("%d were sent after the stop", got-len(posts))
		}
		if r = s.recovery(r.ID); !r.Stopped() || r.Replays[0].Position >= r.Replays[0].Through {
			t.Errorf("the recovery is %+v", r.Replays[0])
		}
		// Another one delivers the rest, and of what is on record nothing twice.
		s.recover(RecoverRequest{Webhooks: []string{e.ID}, Since: since, Causes: delivery.AllCauses})
		rest(time.Hour)
		twice := 0
		for _, one := range events {
			n := after.delivered(urlA)[one.Seq] + w.delivered(urlA)[one.Seq]
			if n == 0 {
				t.Errorf("event %d wasn't recovered", one.Seq)
			}
			twice += max(0, n-1)
		}
		if twice > 5 {
			t.Errorf("%d were delivered twice", twice)
		}
		if err := s.service.StopRecovery(t.Context(), "rc_none"); !errors.Is(err, deliveries.ErrNoRecovery) {
			t.Errorf("StopRecovery: %v", err)
		}
	})
}

// Two recoveries and a person's resend of the same events deliver each once.
func TestRecover_OverlapsDeliverOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{InFlight: 8})
		s.pause(e.ID)
		events := s.publishMany(300, "face_matched")
		rest(time.Second)
		s.resume(e.ID, FromNow)
		rest(time.Second)
		w.answers(urlA, always(answer{after: 100 * time.Millisecond}))
		request := RecoverRequest{Webhooks: []string{e.ID}, Since: events[0].Received, Causes: delivery.AllCauses}
		for range 3 {
			s.recover(request)
			rest(time.Second)
		}
		s.resend(e.ID, events[250].ID)
		rest(time.Hour)
		w.deliveredOnce(t, urlA, events[0].Seq, events[299].Seq)
	})
}

// An event that fails again while it is recovered is retried like any other.
func TestRecover_OfWhatFailsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		u := s.spoil(w)
		failures := 0
		w.answers(urlA, func(post) answer {
			if failures++; failures <= 6 {
				return answer{status: 500}
			}
			return answer{}
		})
		s.recover(RecoverRequest{Webhooks: []string{u.e.ID}, Since: u.before, Causes: delivery.AllCauses})
		rest(time.Hour)
		for _, one := range u.all() {
			s.wantReason(u.e.ID, one, delivery.Delivered, "")
		}
	})
}
