package ui

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

// Zone is the page's time zone.
func Zone(ctx context.Context) *time.Location {
	if at, _ := ctx.Value(zoneKey{}).(*time.Location); at != nil {
		return at
	}
	return time.UTC
}

// chosen is what a person chose for all browsers.
type chosen struct {
	theme string
	zone  bool
}

type chosenKey struct{}

// WithChosen makes a page have the theme of the account, "light", "dark" or empty for
// the browser's. zone says that the page's zone is the account's too, so that
// assets/zone.js doesn't load the page again for the browser's.
func WithChosen(ctx context.Context, theme string, zone bool) context.Context {
	return context.WithValue(ctx, chosenKey{}, chosen{theme, zone})
}

// schemes returns the colour schemes of a page for its meta tag.
func schemes(ctx context.Context) string {
	if by, _ := ctx.Value(chosenKey{}).(chosen); by.theme != "" {
		return by.theme
	}
	return "light dark"
}

// ZoneName names the page's zone with its offset from UTC at a time: "Europe/Amsterdam
// (UTC+1)".
func ZoneName(ctx context.Context, at time.Time) string {
	at = at.In(Zone(ctx))
	if name := at.Location().String(); name != "UTC" {
		return name + " (" + offsetFromUTC(at) + ")"
	}
	return "UTC"
}

// offsetFromUTC is a time's offset from UTC: "UTC", "UTC+1", "UTC-3:30".
func offsetFromUTC(t time.Time) string {
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

// ClockText writes a time in the page's zone. It adds the date if it isn't today, and
// the year if it isn't this one. assets/js/clock.js writes the same.
func ClockText(ctx context.Context, t, now time.Time) string {
	t, now = t.In(Zone(ctx)), now.In(Zone(ctx))
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04:05")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04:05")
	}
	return t.Format("2 Jan 2006 15:04:05")
}

// FullTimeText writes a time in the page's zone, with date and offset.
func FullTimeText(ctx context.Context, t time.Time) string {
	t = t.In(Zone(ctx))
	return t.Format("2 January 2006 15:04:05 ") + offsetFromUTC(t)
}

// FullTime writes a time in full in a zone, for a message.
func FullTime(t time.Time, in *time.Location) string {
	return FullTimeText(WithZone(context.Background(), in), t)
}

// TimeInputValue is the value of a time field in the page's zone; empty for the zero
// time.
func TimeInputValue(ctx context.Context, t time.Time) string { return TimeInput(t, Zone(ctx)) }

// TimeInput is the value of a time field in a zone.
func TimeInput(t time.Time, in *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(in).Format("2006-01-02T15:04:05")
}

// MachineTime is the form of a datetime attribute.
func MachineTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }
