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

// wantReason checks the state of an event's delivery and the rule that decided.
func (s *site) wantReason(id string, e *event.Event, state delivery.DeliveryState, rule delivery.Rule) delivery.Delivery {
	s.t.Helper()
	d := s.one(id, e)
	if d.State != state || d.Reason.Rule != rule {
		s.t.Errorf("event %d: %s, %q (%s); want %s, %q", e.Seq, d.State, d.Reason.Rule, d.Reason.Sentence(), state, rule)
	}
	return d
}

// Events are judged by the settings that the worker used for them, not by the present
// ones and not by those at the time of arrival.
func TestNotSent_IsJudgedByTheSettingsOfThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		before := s.publish("face_matched")[0]
		e := s.register(urlA, "", "line_crossed")
		first := s.publish("face_matched", "line_crossed")
		rest(time.Second)
		change := func(types ...string) {
			if _, err := s.service.Change(t.Context(), e.ID, Change{EventTypes: &types}); err != nil {
				t.Fatal(err)
			}
		}
		change("face_matched")
		second := s.publish("face_matched", "line_crossed")
		rest(time.Second)
		s.pause(e.ID)
		backlog := s.publish("face_matched", "line_crossed")
		rest(time.Minute)
		change("line_crossed", "person_entered") // decides about the backlog
		s.wantReason(e.ID, backlog[0], delivery.NotSent, delivery.RuleType)
		s.wantReason(e.ID, backlog[1], delivery.Waiting, "")
		s.resume(e.ID, SendWaiting)
		rest(time.Second)
		change("*")
		rest(time.Minute)

		check := func() {
			t.Helper()
			s.wantReason(e.ID, before, delivery.NotSent, delivery.RuleLater)
			d := s.wantReason(e.ID, first[0], delivery.NotSent, delivery.RuleType)
			if v := d.Reason.Version; v == nil || v.Types != event.Types(event.LineCrossed) || v.Until.IsZero() {
				t.Errorf("it was decided by %+v", v)
			}
			s.wantReason(e.ID, first[1], delivery.Delivered, "")
			s.wantReason(e.ID, second[0], delivery.Delivered, "")
			s.wantReason(e.ID, second[1], delivery.NotSent, delivery.RuleType)
			s.wantReason(e.ID, backlog[0], delivery.NotSent, delivery.RuleType)
			s.wantReason(e.ID, backlog[1], delivery.Delivered, "")
		}
		check()
		s = s.restart(w)
		check()
	})
}

// Every range that a person skips is on record, not only the last, and so are the
// retries that were dropped with it.
func TestNotSent_KnowsEverySkip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.answers(urlA, func(p post) answer {
			if p.seq == 1 {
				return answer{status: 500}
			}
			return answer{}
		})
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "face_matched")
		retried := s.publish("face_matched")[0]
		rest(time.Second)
		var skipped, sent []*event.Event
		for range 2 {
			s.pause(e.ID)
			skipped = append(skipped, s.publish("face_matched")...)
			rest(time.Second)
			s.resume(e.ID, FromNow)
			sent = append(sent, s.publish("face_matched")...)
			rest(time.Second)
		}
		check := func() {
			t.Helper()
			s.wantReason(e.ID, retried, delivery.Skipped, delivery.RuleSkipped)
			for i := range skipped {
				if d := s.wantReason(e.ID, skipped[i], delivery.Skipped, delivery.RuleSkipped); d.Reason.At.IsZero() {
					t.Errorf("it is unknown when event %d was skipped", skipped[i].Seq)
				}
				s.wantReason(e.ID, sent[i], delivery.Delivered, "")
			}
		}
		check()
		s = s.restart(w)
		check()
		s.resend(e.ID, skipped[0].ID)
		rest(time.Second)
		s.wantReason(e.ID, skipped[0], delivery.Delivered, "")
	})
}

// Storm control is known from what it did, also once its window is another.
func TestNotSent_KnowsWhatStormControlHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{StormSeconds: 60})
		events := s.publishMany(3, "face_matched")
		rest(time.Second)
		if _, err := s.service.Change(t.Context(), e.ID, Change{Settings: ReplaceSettings(delivery.Settings{})}); err != nil {
			t.Fatal(err)
		}
		rest(time.Second)
		s = s.restart(w)
		s.wantReason(e.ID, events[0], delivery.Delivered, "")
		for _, held := range events[1:] {
			if d := s.wantReason(e.ID, held, delivery.Suppressed, delivery.RuleStorm); d.Reason.Version.Settings.StormSeconds != 60 {
				t.Errorf("it was decided by %+v", d.Reason.Version)
			}
		}
	})
}

// A kill between a change and its first use loses nothing: the worker uses the new
// settings from its cursor on.
func TestNotSent_AfterAKillDuringAChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "face_matched")
		first := s.publish("face_matched", "line_crossed")
		rest(time.Minute)
		s.stopWorkers()
		second := s.publish("face_matched", "line_crossed")
		if _, err := s.service.Change(t.Context(), e.ID, Change{EventTypes: &[]string{"line_crossed"}}); err != nil {
			t.Fatal(err)
		}
		killed := t.TempDir()
		copyFolder(t, s.dir, killed)
		s.stop()
		s = startSite(t, killed, w)
		rest(time.Minute)
		s.wantReason(e.ID, first[0], delivery.Delivered, "")
		s.wantReason(e.ID, first[1], delivery.NotSent, delivery.RuleType)
		s.wantReason(e.ID, second[0], delivery.NotSent, delivery.RuleType)
		s.wantReason(e.ID, second[1], delivery.Delivered, "")
	})
}

// Versions that hold for no event go, and a program that changes settings all day
// leaves a bounded number.
func TestNotSent_KeepsBoundedVersions(t *testing.T) {
	t.Parallel()
	s := openSiteWith(t, t.TempDir(), newWorld(), store.Options{Retain: time.Hour, RetainAttempts: time.Hour}, hub.Options{})
	e := s.register(urlA, "", "face_matched")
	for i := range 250 {
		change := Change{Settings: ReplaceSettings(delivery.Settings{StormSeconds: 1 + i})}
		if _, err := s.service.Change(t.Context(), e.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 { // no other selection, no version
		url, change := urlA+"other", ReplaceSettings(delivery.Settings{StormSeconds: 250, InFlight: 1 + i})
		if _, err := s.service.Change(t.Context(), e.ID, Change{URL: &url, Settings: change}); err != nil {
			t.Fatal(err)
		}
	}
	var n, newest int
	row := s.store.DB.Reader().QueryRowContext(t.Context(), "SELECT count(*), max(n) FROM settings_versions")
	if err := row.Scan(&n, &newest); err != nil || n != 200 || newest != 251 {
		t.Errorf("%d versions are kept, the newest of %d, %v; want 200 of 251", n, newest, err)
	}
}
