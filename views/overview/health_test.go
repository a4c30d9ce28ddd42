package overview

import (
	"strings"
	"testing"

	"postern/internal/delivery"

	"postern/internal/event"
	"postern/views/camera"
	"postern/views/endpoint"
)

func TestTheVerdictNamesWhatIsNotWell(t *testing.T) {
	said := func(p Props) string {
		var words []string
		for _, trouble := range p.problems() {
			words = append(words, trouble.Text)
		}
		return strings.Join(words, ", ")
	}
	all := Props{
		Endpoints: []endpoint.Endpoint{{State: delivery.Active, Exhausted: 3}, {State: delivery.Paused},
			{State: delivery.Failing, Exhausted: 1}, {State: delivery.Disabled}, {State: delivery.Disabled}},
		Cameras: []camera.Camera{{ID: "a", State: camera.Live}, {ID: "b", State: camera.Silent}, {ID: "c", State: camera.Offline},
			{ID: "d", State: camera.Unknown}},
	}
	if got, want := said(all), "2 webhooks disabled, 1 webhook failing, 4 deliveries exhausted, 1 camera offline, 1 camera silent"; got !=
		want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := worst(all.problems()); got != event.Fault {
		t.Errorf("the worst is %q", got)
	}
	all.Alerts.Alerts = 1
	if got, want := said(all), "2 webhooks disabled, 1 open alert, 1 webhook failing, 4 deliveries exhausted, 1 camera offline, "+
		"1 camera silent"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	type alertCount struct {
		alerts  int64
		atLeast bool
	}
	// If the count is incomplete, the banner doesn't say that all is well.
	for open, want := range map[alertCount]string{{1000, true}: "at least 1,000 open alerts", {0, true}: "possibly open alerts"} {
		p := Props{}
		p.Alerts.Alerts, p.Alerts.AtLeast = open.alerts, open.atLeast
		if got := said(p); got != want || worst(p.problems()) != event.Alert || p.problems()[0].Href != "/alerts" {
			t.Errorf("%q, want %q", got, want)
		}
	}
	all.Alerts.Alerts = 0
	all.Endpoints = all.Endpoints[1:2]
	if got := worst(all.problems()); got != event.Fault || said(all) != "1 camera offline, 1 camera silent" {
		t.Errorf("%q, the worst is %q", said(all), got)
	}
	all.Cameras = nil
	if got := said(all); got != "" {
		t.Errorf("with all well it says %q", got)
	}
}
