package overview

import (
	"slices"

	"postern/internal/delivery"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/views/alertlist"
	"postern/views/camera"
	"postern/views/chart"
	"postern/views/endpoint"
	"postern/views/ui"
)

// Problem is something that needs attention, with a link to it.
type Problem struct {
	Meaning event.Meaning
	Text    string
	Href    templ.SafeURL
}

// problems lists what needs attention, the worst first.
func (p Props) problems() []Problem {
	var out []Problem
	add := func(n int, meaning event.Meaning, one, many string, href templ.SafeURL) {
		if n > 0 {
			out = append(out, Problem{meaning, ui.Counted(int64(n), one, many), href})
		}
	}
	if p.Clock.InDoubt {
		out = append(out, Problem{event.Fault, "clock in doubt", ui.URL("/settings")})
	}
	for _, t := range p.StorageProblems {
		out = append(out, Problem{t.Meaning(), t.Summary, ui.URL("/settings#h-storage")})
	}
	add(endpoint.CountState(p.Endpoints, delivery.Disabled), event.Fault, "webhook disabled", "webhooks disabled", ui.URL("/webhooks"))
	if p.Alerts.Alerts > 0 || p.Alerts.AtLeast {
		out = append(out, Problem{event.Alert, alertlist.Counted(p.Alerts.Groups), ui.URL("/alerts")})
	}
	add(endpoint.CountState(p.Endpoints, delivery.Failing), event.Alert, "webhook failing", "webhooks failing", ui.URL("/webhooks"))
	exhausted := 0
	for _, e := range p.Endpoints {
		exhausted += e.Exhausted
	}
	add(exhausted, event.Attention, "delivery exhausted", "deliveries exhausted", ui.URL("/webhooks"))
	add(int(camera.CountState(p.Cameras, camera.Offline)), event.Fault, "camera offline", "cameras offline", camera.CamerasURL(camera.Offline))
	add(int(camera.CountState(p.Cameras, camera.Silent)), event.Attention, "camera silent", "cameras silent", camera.CamerasURL(camera.Silent))
	return out
}

// worst is the most serious meaning among the problems.
func worst(troubles []Problem) event.Meaning {
	return slices.MaxFunc(troubles, func(a, b Problem) int {
		return slices.Index(chart.Stack, a.Meaning) - slices.Index(chart.Stack, b.Meaning)
	}).Meaning
}
