package silence_test

import (
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/silence"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestMatches(t *testing.T) {
	own, err := event.Announcement{Module: "webhooks", Kind: event.WebhookFailing, WebhookID: "wh_1"}.Event("a", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	gate := &event.Event{Type: event.LivenessFailed, Camera: "gate", Source: "liveness", Data: []byte(`{"webhook_id":"wh_1"}`)}
	for name, test := range map[string]struct {
		match     silence.Match
		own, gate bool
	}{
		"a type":             {silence.Match{Types: event.Types(event.LivenessFailed)}, false, true},
		"a camera":           {silence.Match{Cameras: []string{"yard", "gate"}}, false, true},
		"another camera":     {silence.Match{Cameras: []string{"yard"}}, false, false},
		"a source":           {silence.Match{Sources: []string{"liveness"}}, false, true},
		"a type of a camera": {silence.Match{Types: event.Types(event.WatchlistAlert), Cameras: []string{"gate"}}, false, false},
		"a webhook":          {silence.Match{Webhook: "wh_1"}, true, false},
		"another webhook":    {silence.Match{Webhook: "wh_2"}, false, false},
	} {
		if got := test.match.Matches(own); got != test.own {
			t.Errorf("%s: the announcement matches: %t", name, got)
		}
		if got := test.match.Matches(gate); got != test.gate {
			t.Errorf("%s: the event matches: %t", name, got)
		}
	}
}

func TestActive_fromUntil(t *testing.T) {
	s := silence.Silence{From: at(t, "2026-03-19T10:00:00Z"), Until: at(t, "2026-03-19T12:00:00Z")}
	for moment, want := range map[string]bool{"2026-03-19T09:59:59Z": false, "2026-03-19T10:00:00Z": true, "2026-03-19T11:59:59Z": true,
		"2026-03-19T12:00:00Z": false} {
		if got := s.Active(at(t, moment)); got != want {
			t.Errorf("active at %s: %t", moment, got)
		}
	}
	s.EndedAt = at(t, "2026-03-19T11:00:00Z")
	if s.Active(at(t, "2026-03-19T11:00:00Z")) || !s.Active(at(t, "2026-03-19T10:59:59Z")) {
		t.Error("a silence that a person ended is active after its end, or wasn't before")
	}
	if _, _, ok := s.Window(at(t, "2026-03-19T11:30:00Z")); ok {
		t.Error("an ended silence has a window")
	}
}

func TestActive_weekly(t *testing.T) {
	nights := &silence.Weekly{Days: []time.Weekday{time.Friday, time.Saturday}, From: 22 * 60, To: 6 * 60, Zone: "Europe/Amsterdam"}
	s := silence.Silence{From: at(t, "2026-03-01T00:00:00Z"), Weekly: nights}
	for moment, want := range map[string]bool{
		"2026-03-20T20:59:00Z": false, // Friday 21:59
		"2026-03-20T21:00:00Z": true,  // Friday 22:00
		"2026-03-21T04:59:59Z": true,  // Saturday 05:59
		"2026-03-21T05:00:00Z": false, // Saturday 06:00
		"2026-03-22T03:00:00Z": true,  // Sunday 04:00: Saturday's window
		"2026-03-22T21:30:00Z": false, // Sunday 22:30
		"2026-03-29T03:59:00Z": true,  // clocks went forward: Sunday 05:59
		"2026-03-29T04:00:00Z": false, // Sunday 06:00
	} {
		if got := s.Active(at(t, moment)); got != want {
			t.Errorf("active at %s: %t", moment, got)
		}
	}
	from, until, ok := s.Window(at(t, "2026-03-22T12:00:00Z"))
	if !ok || !from.Equal(at(t, "2026-03-27T21:00:00Z")) || !until.Equal(at(t, "2026-03-28T05:00:00Z")) {
		t.Errorf("the next window is %s to %s, %t", from, until, ok)
	}
	s.Until = at(t, "2026-03-28T00:00:00Z")
	if _, until, ok = s.Window(at(t, "2026-03-27T22:00:00Z")); !ok || !until.Equal(s.Until) {
		t.Errorf("the last window ends at %s, %t", until, ok)
	}
	if _, _, ok = s.Window(at(t, "2026-03-28T01:00:00Z")); ok {
		t.Error("there is a window after the end")
	}
}

// Each window of a year begins and ends by the zone's clocks, whatever they do.
func TestWeekly_followsTheClocks(t *testing.T) {
	for _, name := range []string{"Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		every := &silence.Weekly{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, From: 9 * 60, To: 17*60 + 30, Zone: name}
		s := silence.Silence{Weekly: every}
		for moment := at(t, "2026-01-01T00:00:00Z"); moment.Year() == 2026; moment = moment.Add(13 * time.Minute) {
			local := moment.In(zone)
			minute := local.Hour()*60 + local.Minute()
			if want := minute >= 9*60 && minute < 17*60+30; s.Active(moment) != want {
				t.Fatalf("%s: active at %s: %t", name, local, !want)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	now := at(t, "2026-03-19T10:00:00Z")
	valid := func() silence.Silence {
		return silence.Silence{
			Match:  silence.Match{Cameras: []string{"gate"}},
			Until:  now.Add(time.Hour),
			Reason: "The gate is being repaired.",
		}
	}
	weekly := func(change func(*silence.Weekly)) func(*silence.Silence) {
		return func(s *silence.Silence) {
			s.Until, s.Weekly = time.Time{}, &silence.Weekly{Days: []time.Weekday{1}, From: 60, To: 120, Zone: "Europe/Amsterdam"}
			change(s.Weekly)
		}
	}
	for name, test := range map[string]struct {
		change func(*silence.Silence)
		field  string
	}{
		"valid":               {func(*silence.Silence) {}, ""},
		"weekly":              {weekly(func(*silence.Weekly) {}), ""},
		"everything":          {func(s *silence.Silence) { s.Cameras = nil }, "match"},
		"no reason":           {func(s *silence.Silence) { s.Reason = " " }, "reason"},
		"no end":              {func(s *silence.Silence) { s.Until = time.Time{} }, "until"},
		"an end in the past":  {func(s *silence.Silence) { s.Until = now }, "until"},
		"an end before":       {func(s *silence.Silence) { s.From = now.Add(2 * time.Hour) }, "until"},
		"longer than allowed": {func(s *silence.Silence) { s.Until = now.Add(400 * 24 * time.Hour) }, "until"},
		"too many cameras":    {func(s *silence.Silence) { s.Cameras = make([]string, 101) }, "camera_ids"},
		"no day":              {weekly(func(w *silence.Weekly) { w.Days = nil }), "weekly.days"},
		"no time":             {weekly(func(w *silence.Weekly) { w.To = 1440 }), "weekly.to"},
		"no zone":             {weekly(func(w *silence.Weekly) { w.Zone = "" }), "weekly.zone"},
		"the machine's zone":  {weekly(func(w *silence.Weekly) { w.Zone = "Local" }), "weekly.zone"},
		"an unknown zone":     {weekly(func(w *silence.Weekly) { w.Zone = "Europe/Nowhere" }), "weekly.zone"},
	} {
		s := valid()
		test.change(&s)
		p := problem.Of(s.Check(now))
		switch {
		case test.field == "" && p != nil:
			t.Errorf("%s: %v", name, p)
		case test.field != "" && (p == nil || p.Fields[0].Field != test.field):
			t.Errorf("%s: %v, want an error in %s", name, p, test.field)
		}
	}
}
