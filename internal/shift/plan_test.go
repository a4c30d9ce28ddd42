package shift

import (
	"testing"
	"time"
)

func TestPlan_periods(t *testing.T) {
	t.Parallel()
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	two, err := Parse("07:00, 19:00")
	if err != nil {
		t.Fatal(err)
	}
	early, err := Parse("00:00,08:00,16:00")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plan       Plan
		name, now  string
		zone       *time.Location
		start, end string
	}{
		{Default, ThisShift, "2026-03-19T10:32:00Z", time.UTC, "2026-03-19T06:00:00Z", "2026-03-19T14:00:00Z"},
		{Default, ThisShift, "2026-03-19T06:00:00Z", time.UTC, "2026-03-19T06:00:00Z", "2026-03-19T14:00:00Z"},
		{Default, ThisShift, "2026-03-19T03:00:00Z", time.UTC, "2026-03-18T22:00:00Z", "2026-03-19T06:00:00Z"},
		{Default, LastShift, "2026-03-19T10:32:00Z", time.UTC, "2026-03-18T22:00:00Z", "2026-03-19T06:00:00Z"},
		{Default, LastNight, "2026-03-19T10:32:00Z", time.UTC, "2026-03-18T22:00:00Z", "2026-03-19T06:00:00Z"},
		{Default, LastNight, "2026-03-19T03:00:00Z", time.UTC, "2026-03-18T22:00:00Z", "2026-03-19T06:00:00Z"},
		{Default, LastNight, "2026-03-19T21:59:59Z", time.UTC, "2026-03-18T22:00:00Z", "2026-03-19T06:00:00Z"},
		{Default, LastNight, "2026-03-19T22:00:00Z", time.UTC, "2026-03-19T22:00:00Z", "2026-03-20T06:00:00Z"},
		{two, ThisShift, "2026-03-19T18:59:00Z", time.UTC, "2026-03-19T07:00:00Z", "2026-03-19T19:00:00Z"},
		{two, LastNight, "2026-03-19T18:59:00Z", time.UTC, "2026-03-18T19:00:00Z", "2026-03-19T07:00:00Z"},
		{early, LastNight, "2026-03-19T18:59:00Z", time.UTC, "2026-03-19T00:00:00Z", "2026-03-19T08:00:00Z"},
		{Default, ThisShift, "2026-03-19T05:30:00Z", amsterdam, "2026-03-19T05:00:00Z", "2026-03-19T13:00:00Z"},
		// Clocks are put forward in this night, which has seven hours, and back in that.
		{Default, LastNight, "2026-03-29T10:00:00Z", amsterdam, "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"},
		{Default, LastNight, "2026-10-25T10:00:00Z", amsterdam, "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := c.plan.Named(c.name, now, c.zone)
		if start, end := got.Start.Format(time.RFC3339), got.End.Format(time.RFC3339); !ok || start != c.start || end != c.end {
			t.Errorf("%s of %s at %s in %s is %s to %s, want %s to %s", c.name, c.plan, c.now, c.zone, start, end, c.start, c.end)
		}
	}
	if _, ok := Default.Named("yesterday", time.Now(), time.UTC); ok {
		t.Error("an unknown name has a period")
	}
}

func TestParse_refuses_what_is_no_plan(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "6", "06:00,", "25:00", "14:00,06:00", "06:00,06:00",
		"00:00,01:00,02:00,03:00,04:00,05:00,06:00,07:00,08:00,09:00,10:00,11:00,12:00"} {
		if plan, err := Parse(text); err == nil {
			t.Errorf("%q is the plan %s", text, plan)
		}
	}
	if plan, err := Parse(Default.String()); err != nil || plan.String() != "06:00,14:00,22:00" {
		t.Errorf("the default is read as %s: %v", plan, err)
	}
}
