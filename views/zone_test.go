package views

import (
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/views/endpoint"
	"postern/views/eventlist"
	"postern/views/events"
	"postern/views/monitor"
	"postern/views/ui"
	"postern/views/webhooks"
)

func day(hours ...endpoint.Hour) endpoint.Day {
	d := endpoint.Day{Hours: make([]endpoint.Hour, 24)}
	for i := range d.Hours {
		d.Hours[i].Start = noon.Add(time.Duration(i-23) * time.Hour)
	}
	for i, h := range hours {
		at := &d.Hours[24-len(hours)+i]
		at.Delivered, at.Failed = h.Delivered, h.Failed
	}
	return d
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// Every part of a page shows its times in the page's zone.
func TestZone_holdsForEveryTimeOfAPage(t *testing.T) {
	at := time.Date(2026, 3, 19, 22, 10, 5, 0, time.UTC)
	e := &event.Event{Seq: 1, ID: "evt_1", Type: event.FaceMatched, Time: at, Received: at, Source: "a", Camera: "c"}
	erased := &event.Event{Seq: 2, ID: "evt_2", Type: event.FaceMatched, Time: at, Received: at, Source: "a", Erased: at}
	d := day(endpoint.Hour{Delivered: 1, Failed: 1})
	for i := range d.Hours {
		d.Hours[i].Start = at.Truncate(time.Hour)
	}
	for name, part := range map[string]templ.Component{
		"row": eventlist.Row(eventlist.MainPrefix, e, at), "erased": eventlist.Row(eventlist.MainPrefix, erased, at),
		"moment": ui.Moment(at, at), "full": ui.Full(at),
		"minutes": ui.Minutes(at), "age": ui.Age(at, at), "until": ui.Until(at, at), "printed": ui.ReportHead(at), "day": endpoint.DayCell(d),
		"range":   events.ListPage(events.ListProps{Now: at, Query: events.Query{Filter: event.Filter{Since: at}}}),
		"field":   webhooks.Page(webhooks.Props{Now: at, Filter: webhooks.AttemptFilter{AttemptFilter: delivery.AttemptFilter{Since: at}}}),
		"monitor": monitor.Page(monitor.Props{Now: at, Events: []*event.Event{e}}),
		"page":    ui.Page(ui.Frame{Title: "x", Now: at}),
	} {
		var b strings.Builder
		if err := part.Render(ui.WithZone(t.Context(), location(t, "Asia/Kolkata")), &b); err != nil {
			t.Fatal(err)
		}
		shown := b.String()
		for _, utc := range []string{">22:10", "19 March 2026 22:10", "began at 22:00", `value="2026-03-19T22:10`} {
			if strings.Contains(shown, utc) {
				t.Errorf("%s shows UTC: %s", name, shown)
			}
		}
		if !strings.Contains(shown, "03:40") && !strings.Contains(shown, "03:30") && !strings.Contains(shown, "Asia/Kolkata") {
			t.Errorf("%s shows nothing in the zone: %s", name, shown)
		}
	}
}
