package timeline

import (
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/views/ui"
)

// longest is the common scale of a delivery's attempts.
func longest(attempts []delivery.Attempt) scale {
	s := scale{to: time.Microsecond}
	for i := range attempts {
		s.to = max(s.to, attempts[i].Duration)
	}
	return s
}

// stripWords are an attempt's phases in words.
func stripWords(a *delivery.Attempt) string {
	if a.Timeline == nil {
		return "Took " + ui.Span(a.Duration)
	}
	failed, known := a.FailedIn()
	var parts []string
	for i, at := range a.Timeline.Phases {
		if !at.Reached() {
			continue
		}
		words := phaseWords[i].name + " " + ui.Span(at.Took())
		if known && failed == delivery.Phase(i) {
			words += " (failed)"
		}
		parts = append(parts, words)
	}
	return strings.Join(parts, ", ")
}

// Lead says when an attempt of a delivery began: after the event's arrival, or after
// the attempt before.
func Lead(d *delivery.Delivery, i int, received time.Time) string {
	a := &d.Attempts[i]
	since, after := received, " after arrival"
	if i > 0 {
		since, after = d.Attempts[i-1].Ended(), " later"
	}
	gap := a.At.Sub(since)
	if since.IsZero() || gap < 0 {
		return ""
	}
	return ui.Span(gap) + after
}

// Any reports whether a delivery has an attempt whose phases are known.
func Any(deliveries []delivery.Delivery) bool {
	for i := range deliveries {
		for j := range deliveries[i].Attempts {
			if deliveries[i].Attempts[j].Timeline != nil {
				return true
			}
		}
	}
	return false
}
