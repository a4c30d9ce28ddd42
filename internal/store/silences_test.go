package store

import (
	"errors"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/silence"
	"postern/internal/store/alerts"
	"postern/internal/store/silences"
)

// silenced makes a silence of a camera for an hour.
func silenced(t testing.TB, j *Store, camera string) *silence.Silence {
	t.Helper()
	now := j.opts.Now()
	one := &silence.Silence{Match: silence.Match{Cameras: []string{camera}}, From: now, Until: now.Add(time.Hour),
		Reason: "Mr Smith repairs it.", Author: "Alice", CreatedAt: now}
	if err := j.Silences.Create(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	return one
}

func TestSilence_keepsEventsFromBecomingOpenAlerts(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	before := match("abc-123", "gate")
	add(t, j, before)
	one := silenced(t, j, "gate")
	during := []*event.Event{match("abc-123", "gate"), match("abc-123", "lobby"), made(withCamera("gate"))}
	add(t, j, during...)
	wantOpen(t, j, 3, 1)
	j = reopen(t, j)
	add(t, j, match("abc-123", "gate"))
	wantOpen(t, j, 3, 1)
	for _, e := range all(t, j) {
		if want := map[int64]int64{2: one.N, 4: one.N, 5: one.N}[e.Seq]; e.Silence != want {
			t.Errorf("the silence of event %d is %d, want %d", e.Seq, e.Silence, want)
		}
	}
	verifies(t, j)
	clock.Advance(time.Hour)
	add(t, j, match("abc-123", "gate"))
	wantOpen(t, j, 6, 3, 1)
	if known, err := j.Silences.ByNumber(
		t.Context(),
		one.N,
	); err != nil || known.Reason != one.Reason || known.Author != "Alice" ||
		known.Cameras[0] != "gate" {
		t.Errorf("%+v, %v", known, err)
	}
	if list := j.Silences.Current(); len(list) != 0 {
		t.Errorf("%d silences haven't ended", len(list))
	}
}

func TestSilence_endsWhenAPersonEndsIt(t *testing.T) {
	t.Parallel()
	j := open(t)
	one := silenced(t, j, "gate")
	if list := j.Silences.Current(); len(list) != 1 || list[0].ID != one.ID {
		t.Errorf("current are %+v", list)
	}
	ended, err := j.Silences.End(t.Context(), one.ID, "Bob")
	if err != nil || ended.EndedBy != "Bob" || ended.EndedAt.IsZero() {
		t.Fatalf("%+v, %v", ended, err)
	}
	add(t, j, match("abc-123", "gate"))
	wantOpen(t, j, 1)
	if _, err := j.Silences.End(t.Context(), one.ID, "Bob"); !errors.Is(err, silences.ErrEnded) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := j.Silences.End(t.Context(), "sil_none", "Bob"); !errors.Is(err, silences.ErrNone) {
		t.Errorf("an unknown one: %v", err)
	}
	if list, err := j.Silences.List(t.Context(), 10); err != nil || len(list) != 1 || list[0].EndedBy != "Bob" {
		t.Errorf("all are %+v, %v", list, err)
	}
}

func TestSilence_ofAWebhookWeekly(t *testing.T) {
	t.Parallel()
	clock := newClock() // Thursday 10:32 UTC
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	now := clock.Now()
	one := &silence.Silence{Match: silence.Match{Webhook: "wh_1"}, From: now, Reason: "Maintenance", Author: "Alice", CreatedAt: now,
		Weekly: &silence.Weekly{Days: []time.Weekday{time.Thursday}, From: 10 * 60, To: 11 * 60, Zone: "Etc/UTC"}}
	if err := j.Silences.Create(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	j = reopen(t, j)
	e, err := event.Announcement{Module: "webhooks", Kind: event.WebhookFailing, WebhookID: "wh_1"}.Event("failing", now)
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, e)
	wantOpen(t, j)
	if got := listed(t, j, alerts.Query{State: alerts.All}); len(got) != 1 {
		t.Errorf("all alerts are %v", got)
	}
	if known, err := j.Silences.Get(
		t.Context(),
		one.ID,
	); err != nil || known.Weekly == nil || known.Weekly.Zone != "Etc/UTC" ||
		!known.Until.IsZero() {
		t.Errorf("%+v, %v", known, err)
	}
}

func TestSilence_isBounded(t *testing.T) {
	t.Parallel()
	j := open(t)
	for range silence.Max {
		silenced(t, j, "gate")
	}
	now := j.opts.Now()
	err := j.Silences.Create(t.Context(), &silence.Silence{From: now, Until: now.Add(time.Hour)})
	if !errors.Is(err, silences.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
}
