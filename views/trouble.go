package views

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
)

// Trouble is one thing that isn't well.
type Trouble struct {
	Meaning event.Meaning
	Words   string
	Href    templ.SafeURL
}

// StorageTrouble is a fault of the data folder: in a few words, and in
// sentences that say what to do. Refuses says that no events are accepted.
type StorageTrouble struct {
	Words, Detail string
	Since         time.Time
	Refuses       bool
}

func (t StorageTrouble) meaning() event.Meaning {
	if t.Refuses {
		return event.Fault
	}
	return event.Attention
}

// troubles are what an operator should look at, the worst first.
func (p OverviewProps) troubles() []Trouble {
	var out []Trouble
	add := func(n int, meaning event.Meaning, one, many string, href templ.SafeURL) {
		if n > 0 {
			out = append(out, Trouble{meaning, Counted(int64(n), one, many), href})
		}
	}
	if p.Clock.InDoubt {
		out = append(out, Trouble{event.Fault, "clock in doubt", "/settings"})
	}
	for _, t := range p.Storage {
		out = append(out, Trouble{t.meaning(), t.Words, "/settings#h-storage"})
	}
	add(countState(p.Endpoints, StateDisabled), event.Fault, "webhook disabled", "webhooks disabled", "/webhooks")
	if p.Open.Count > 0 || p.Open.AtLeast {
		out = append(out, Trouble{event.Alert, p.Open.words(), "/monitor"})
	}
	add(countState(p.Endpoints, StateFailing), event.Alert, "webhook failing", "webhooks failing", "/webhooks")
	exhausted := 0
	for _, e := range p.Endpoints {
		exhausted += e.Exhausted
	}
	add(exhausted, event.Attention, "delivery exhausted", "deliveries exhausted", "/webhooks")
	add(int(countCameras(p.Cameras, CameraOffline)), event.Fault, "camera offline", "cameras offline", camerasURL(CameraOffline))
	add(int(countCameras(p.Cameras, CameraSilent)), event.Attention, "camera silent", "cameras silent", camerasURL(CameraSilent))
	return out
}

// OpenAlerts is how many alerts nobody has taken note of yet. With AtLeast
// there may be more.
type OpenAlerts struct {
	Count   int64
	AtLeast bool
}

func (o OpenAlerts) words() string {
	switch {
	case o.AtLeast && o.Count == 0:
		return "perhaps open alerts"
	case o.AtLeast:
		return "at least " + Counted(o.Count, "open alert", "open alerts")
	}
	return Counted(o.Count, "open alert", "open alerts")
}

// worst is the most serious meaning among the troubles.
func worst(troubles []Trouble) event.Meaning {
	return slices.MaxFunc(troubles, func(a, b Trouble) int {
		return slices.Index(stack, a.Meaning) - slices.Index(stack, b.Meaning)
	}).Meaning
}
