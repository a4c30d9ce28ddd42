package views

import (
	"context"
	"fmt"
	"time"
)

type zoneKey struct{}

// WithZone makes a page write its times in a zone, and name it. Without it they
// are in UTC.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	return context.WithValue(ctx, zoneKey{}, zone)
}

// zone is where the page's clocks are.
func zone(ctx context.Context) *time.Location {
	if at, _ := ctx.Value(zoneKey{}).(*time.Location); at != nil {
		return at
	}
	return time.UTC
}

// zoneWords names the page's zone with its distance from UTC at a moment:
// "Europe/Amsterdam (UTC+1)".
func zoneWords(ctx context.Context, at time.Time) string {
	at = at.In(zone(ctx))
	if name := at.Location().String(); name != "UTC" {
		return name + " (" + offsetWords(at) + ")"
	}
	return "UTC"
}

// offsetWords is a time's distance from UTC: "UTC", "UTC+1", "UTC-3:30".
func offsetWords(t time.Time) string {
	_, seconds := t.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	words := fmt.Sprintf("UTC%c%d", sign, seconds/3600)
	if minutes := seconds % 3600 / 60; minutes > 0 {
		words += fmt.Sprintf(":%02d", minutes)
	}
	return words
}

// clock writes a time in the page's zone, with as much of the date as now
// doesn't make clear. assets/js/clock.js writes the same.
func clock(ctx context.Context, t, now time.Time) string {
	t, now = t.In(zone(ctx)), now.In(zone(ctx))
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04:05")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04:05")
	}
	return t.Format("2 Jan 2006 15:04:05")
}

// fullTime writes a time in the page's zone with all that tells it apart.
func fullTime(ctx context.Context, t time.Time) string {
	t = t.In(zone(ctx))
	return t.Format("2 January 2006 15:04:05 ") + offsetWords(t)
}

// FullTime is a time in full in a zone, for a message.
func FullTime(t time.Time, in *time.Location) string {
	return fullTime(WithZone(context.Background(), in), t)
}

// inputTime is a time as a field for one takes it, in the page's zone; nothing
// for the zero time.
func inputTime(ctx context.Context, t time.Time) string { return InputTime(t, zone(ctx)) }

// InputTime is a time as a field for one takes it, in a zone.
func InputTime(t time.Time, in *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(in).Format("2006-01-02T15:04:05")
}

// MachineTime is the form of a datetime attribute.
func MachineTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// today is the word of the last midnight in the page's zone, as a query has it:
// whoever gets the address, in another zone, sees the same.
func today(ctx context.Context, now time.Time) string {
	now = now.In(zone(ctx))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	if _, offset := midnight.Zone(); offset == 0 {
		return "today"
	}
	return "today" + midnight.Format("-07:00")
}
