package views

import (
	"fmt"
	"time"

	"postern/internal/alert"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/views/alertlist"
	alertpages "postern/views/alerts"
	"postern/views/apidoc"
	"postern/views/camera"
	"postern/views/chart"
	"postern/views/endpoint"
	"postern/views/monitor"
	"postern/views/timeline"
	"postern/views/ui"
)

func sampleEvents() []*event.Event {
	var events []*event.Event
	for i, in := range event.Catalogue() {
		at := noon.Add(-time.Duration(i) * time.Minute)
		e := &event.Event{
			Seq: int64(100 - i), ID: fmt.Sprintf("evt_%d", i), Type: in.Type, Time: at, Received: at.Add(40 * time.Millisecond),
			Source: "face_pipeline", Camera: "lobby-cam-1", Data: []byte(in.Example),
		}
		if in.Type == event.DocumentScanned {
			e.Camera = ""
		}
		e.Finalize()
		events = append(events, e)
	}
	hostile := &event.Event{
		Seq: 1, ID: "evt_hostile", Type: event.FaceMatched, Time: noon.AddDate(-1, 0, 0), Source: "<i>", Camera: `"><script>`,
		Data: []byte(`{"label":"<img src=x onerror=alert(1)> محمد","similarity":{"a":1}}`),
	}
	hostile.Finalize()
	return append(events, hostile)
}

// sampleHeatmap has an hour of each kind.
func sampleHeatmap(id string) timeline.Heatmap {
	hour := func(ago int, counts map[delivery.Band]int64) delivery.BandHour {
		h := delivery.BandHour{Start: noon.Truncate(time.Hour).Add(-time.Duration(ago) * time.Hour)}
		for b, n := range counts {
			h.Counts[b] = n
		}
		return h
	}
	return timeline.Heatmap{Webhook: id, Now: noon, Since: noon.Add(-5 * 24 * time.Hour), Hours: []delivery.BandHour{
		hour(40, map[delivery.Band]int64{delivery.BandUnder100: 1200, delivery.BandUnder2s: 3}),
		hour(20, map[delivery.Band]int64{delivery.BandUnder100: 5, delivery.BandUnder2s: 5, delivery.BandError: 10, delivery.BandTimeout: 2}),
	}}
}

// sampleAttempt is an attempt with a timeline.
func sampleAttempt(a *delivery.Attempt) delivery.Attempt {
	out := *a
	out.Row = 7
	out.Timeline = &delivery.Timeline{Address: "192.0.2.7:8443", TLS: "TLS 1.3", HeadersLeftOut: 2,
		Headers: []delivery.Header{{Name: "Content-Type", Value: "text/html; charset=\"<utf-8>\""}, {Name: "Set-Cookie", Value: "[hidden]"}}}
	at := time.Duration(0)
	for p := range out.Timeline.Phases {
		to := at + out.Duration/time.Duration(delivery.PhaseCount)
		out.Timeline.Phases[p], at = delivery.PhaseTime{From: at, To: to}, to
	}
	return out
}

func sampleDeliveries(endpoints []endpoint.Endpoint) []delivery.Delivery {
	bad := sampleAttempt(endpoints[1].Last)
	return []delivery.Delivery{
		{WebhookID: endpoints[0].ID, URL: endpoints[0].URL, Webhook: delivery.Active, State: delivery.Delivered,
			DeliveredAt: noon.Add(-time.Minute), AttemptCount: 1, Attempts: []delivery.Attempt{{Row: 1, At: noon, Number: 1, Status: 200}}},
		{WebhookID: endpoints[1].ID, URL: endpoints[1].URL, Webhook: delivery.Active, State: delivery.Retrying,
			NextAttempt: noon.Add(30 * time.Second), AttemptCount: 120, Attempts: []delivery.Attempt{bad}},
		{WebhookID: "wh_gone", URL: "https://gone.example/<in>", State: delivery.Skipped, Reason: delivery.Reason{Rule: delivery.RuleRemoved}},
		{WebhookID: endpoints[2].ID, URL: endpoints[2].URL, Webhook: delivery.Paused, State: delivery.NotSent, Reason: delivery.Reason{
			Rule: delivery.RuleCondition, Event: &event.Event{},
			Test:    event.FailedTest{Field: "similarity", Operator: ">=", Want: []byte("0.95"), Value: []byte("0.91")},
			Version: &delivery.SettingsVersion{At: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Minute)}}},
		{WebhookID: "wh_d1b2c3d4e5f6", URL: "https://late.example/<in>", Webhook: delivery.Active, State: delivery.NotSent,
			Reason: delivery.Reason{Rule: delivery.RuleLater, At: noon.Add(-time.Second)}},
	}
}

var sampleDay = func() endpoint.Day {
	d := endpoint.Day{P95: 12 * time.Millisecond, LastP95: 9 * time.Millisecond}
	for i := range 24 {
		d.Hours = append(d.Hours, endpoint.Hour{Start: noon.Add(time.Duration(i-23) * time.Hour), Delivered: int64(i % 5 * 100),
			Failed: int64(i / 20 * 3)})
	}
	return d
}()

func sampleEndpoints() []endpoint.Endpoint {
	good := &delivery.Attempt{EventID: "evt_1", EventType: event.FaceMatched, At: noon.Add(-8 * time.Second),
		Duration: 41 * time.Millisecond, Number: 1, Status: 200}
	bad := &delivery.Attempt{EventID: "evt_2", EventType: event.WatchlistAlert, At: noon.Add(-3 * time.Minute),
		Duration: 1200 * time.Millisecond, Number: 2, Status: 503, Class: delivery.ClassStatus, Response: "upstream <down>"}
	return []endpoint.Endpoint{
		{ID: "wh_a1b2c3d4e5f6", URL: "https://example.com/webhooks/biometrics", Types: event.Types(event.FaceMatched, event.WatchlistAlert),
			Secrets: []delivery.SigningSecret{{ID: "sec_1", Hint: "whsec_…x7g="}}, CreatedAt: noon.Add(-30 * time.Hour),
			State: delivery.Active, Last: good, Delivered: 12345, Day: sampleDay},
		{
			ID:         "wh_b1b2c3d4e5f6",
			URL:        "https://access.example.net:8443/in?site=<north>",
			Types:      event.AllTypes,
			CreatedAt:  noon.Add(-time.Hour),
			State:      delivery.Failing,
			StateAt:    noon.Add(-10 * time.Minute),
			StateCause: "Attempts keep failing. The last one: <503>.",
			NextProbe:  noon.Add(40 * time.Second),
			Waiting:    2200,
			Estimated:  true,
			Retrying:   1,
			Exhausted:  3,
			Last:       bad,
			LastError:  bad,
			Failed:     7,
			Day:        endpoint.Day{Hours: sampleDay.Hours[:22]},
		},
		{ID: "wh_c1b2c3d4e5f6", URL: "https://hooks.example.org", Types: event.Types(event.SystemError), CreatedAt: noon,
			State: delivery.Paused, StateAt: noon.Add(-time.Minute), StateCause: "A person paused it.", Waiting: 12, Retrying: 2,
			WaitingSince: noon.Add(-14 * time.Minute)},
		{ID: "wh_d1b2c3d4e5f6", URL: "https://door.example.org/hook", Types: event.Types(event.FaceMatched), CreatedAt: noon.Add(-50 * time.Hour),
			Settings: delivery.Settings{
				Name: "Door <controller>", Description: "Opens the door.\nCall Bob.", Labels: []string{"site:north", "<prod>"},
			},
			State: delivery.Degraded, StateAt: noon.Add(-2 * time.Minute), StateCause: "The last 3 attempts failed. <503>",
			Last: good, LastError: bad, Failed: 3, Delivered: 200, Day: sampleDay},
	}
}

// sampleRows are the cameras with names, rates and alerts.
func sampleRows() []camera.Row {
	rows := []camera.Row{{Camera: camera.Camera{ID: "new", State: camera.Unknown, Set: true, SilentAfter: time.Hour},
		Rate: camera.Rate{Usual: -1}}}
	for i, c := range sampleCameras() {
		if i == 0 {
			c.Name, c.Site, c.Group, c.Expected, c.OpenAlerts = "<North> gate", "Harbour & <quay>", "Gates", time.Minute, 12
		}
		rows = append(rows, camera.Row{Camera: c, Rate: camera.Rate{LastHour: int64(i), Usual: float64(i*100 - 1)}})
	}
	return rows
}

func sampleCameras() []camera.Camera {
	return []camera.Camera{
		{ID: "gate", Last: noon.Add(-time.Minute), LastType: event.LineCrossed, State: camera.Live},
		{ID: "lobby<1>", Last: noon.Add(-3 * time.Hour), LastType: event.FaceDetected, State: camera.Silent, Since: noon.Add(-3 * time.Hour),
			Usual: time.Minute, SilentAfter: 5 * time.Minute},
		{ID: "yard", Last: noon.Add(-time.Minute), LastType: event.SystemError, State: camera.Offline, Since: noon.Add(-28 * time.Minute)},
		{ID: "night", Last: noon.Add(-9 * time.Hour), LastType: event.FaceDetected, State: camera.Quiet},
	}
}

func sampleMonitor() monitor.View {
	sample := sampleEvents()
	return monitor.View{
		OpenAlerts: monitor.OpenAlerts{Alerts: []*event.Event{sample[2], sample[4], sample[9]}, Open: 1000, AtLeast: true},
		Tiles: []camera.Camera{
			{ID: `"><script>`, Last: noon.Add(-time.Second), LastType: event.FaceMatched, State: camera.Live},
			{ID: "gate-7", Last: noon.Add(-time.Hour), LastType: event.LineCrossed, State: camera.Silent, Since: noon.Add(-time.Hour)},
			{ID: "yard", Last: noon.Add(-time.Minute), LastType: event.SystemError, State: camera.Offline, Since: noon.Add(-28 * time.Minute)},
			{ID: "night", Last: noon.Add(-9 * time.Hour), LastType: event.FaceDetected, State: camera.Unknown},
		},
		Totals: monitor.Totals{PerMinute: 1204, Day: 99000, Webhooks: 3, Failing: 1}, Build: "1.0.0",
	}
}

func sampleMinutes() []chart.Minute {
	minutes := make([]chart.Minute, 60)
	for i := range minutes {
		minutes[i] = chart.Minute{Start: noon.Add(time.Duration(i-59) * time.Minute), ByType: make([]int64, 11), Known: i >= 50}
		if minutes[i].Known {
			minutes[i].ByType[event.FaceMatched] = int64(i - 50)
		}
	}
	return minutes
}

// sampleGroups are open alerts by cause.
func sampleGroups(sample []*event.Event) alertlist.Props {
	return alertlist.Props{Person: "Bob", Now: noon, Groups: alert.Groups{Total: 3, Alerts: 15, Groups: []alert.Group{
		{ID: 17, Type: event.WatchlistAlert, Count: 12, Cameras: 3, First: 1, Last: 30, Since: noon.Add(-time.Hour), Newest: sample[2]},
		{
			ID:       18,
			Type:     event.LivenessFailed,
			Count:    2,
			Cameras:  1,
			Camera:   "<gate>",
			First:    4,
			Last:     20,
			Since:    noon.Add(-time.Minute),
			Newest:   sample[4],
			Assignee: "Alice <Jansen>",
			Assigned: noon,
		},
		{ID: 19, Type: event.SystemError, Count: 1, First: 9, Last: 9, Since: noon.Add(-time.Second), Newest: sample[9]},
	}}}
}

// sampleActions are what people did with alerts.
func sampleActions() []alertpages.Action {
	return []alertpages.Action{
		{
			Action: alert.Action{
				At:     noon.Add(-time.Minute),
				Actor:  "Alice <Jansen>",
				Kind:   alert.Acknowledged,
				Cause:  17,
				Camera: "<gate>",
				Alerts: 12,
				Note:   "Guard <sent>.",
			},
		},
		{
			Action: alert.Action{
				At:       noon.Add(-time.Hour),
				Actor:    "Bob",
				Kind:     alert.Assigned,
				Cause:    17,
				Alerts:   1,
				Assignee: "Alice <Jansen>",
			},
			Open: true,
		},
		{Action: alert.Action{At: noon.Add(-2 * time.Hour), Actor: "Bob", Kind: alert.Released, Cause: 17, Alerts: 2}},
	}
}

// apiProps has one operation, which names an object.
var apiProps = apidoc.Props{
	Frame: ui.Frame{Title: "API"}, Source: "/api/v1/openapi.yaml", Intro: []string{"Bodies are `JSON` <b>."},
	Groups: []apidoc.Group{{Name: "Events", Text: "Post `them`.", Operations: []apidoc.Operation{{
		ID: "postEvents", Method: "POST", Path: "/api/v1/events/{id}", Summary: "Post <events>", Text: []string{"All or none."},
		Parameters: []apidoc.Field{{Name: "id", In: "path", Required: true, Type: apidoc.Type{Before: "string"}},
			{Name: "Last-Event-ID", In: "header", Text: "A `seq`."}},
		BodyType: apidoc.Type{Before: "one of ", Ref: "Event"},
		Body:     []apidoc.Field{{Name: "type", Required: true, Type: apidoc.Type{Ref: "EventType"}}},
		Commands: []apidoc.Command{{Summary: "One", Text: "curl '<&>'"}, {Text: "curl"}},
		Answers: []apidoc.Answer{{Status: "202", Text: "On disk.", Type: apidoc.Type{Before: "array of ", Ref: "Event"}},
			{Status: "any other"}},
	}}}},
	Schemas: []apidoc.Schema{{Name: "Event", Text: "It happened.",
		Fields: []apidoc.Field{{Name: "id", Type: apidoc.Type{Before: "string"}}}}, {Name: "EventType"}},
}
