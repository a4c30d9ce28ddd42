package views

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json/jsontext"

	"net/url"
	"postern/internal/alert"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/views/alertlist"
	alertpages "postern/views/alerts"
	"postern/views/apidoc"
	"postern/views/camera"
	"postern/views/endpoint"
	"postern/views/eventlist"
	"postern/views/events"
	"postern/views/monitor"
	"postern/views/overview"
	"postern/views/settings"
	"postern/views/ui"
	"postern/views/webhookform"
	"postern/views/webhooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// digest is the part of an asset's address that changes with its content.
var digest = regexp.MustCompile(`\?v=[0-9a-f]{12}`)

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestPagesAsBefore(t *testing.T) {
	sample := sampleEvents()
	endpoints := sampleEndpoints()
	busy := endpoints[0]
	busy.Secrets = []delivery.SigningSecret{
		{ID: "sec_3", Note: "It is raw: `new Webhook(<secret>)`."}, {ID: "sec_2", Hint: "whsec_…aB3=", Until: noon.Add(23 * time.Hour)},
		{ID: "sec_1", Hint: "whsec_…k9Q=", Until: noon.Add(40 * time.Minute)},
	}
	busy.Exhausted, busy.Expired, busy.ExpiredRetries, busy.Skipped, busy.Suppressed = 3, 1204, 12, 17, 5000
	busy.StateAt, busy.StateCause = noon.Add(-time.Hour), "It answered again."
	busy.Settings = delivery.Settings{
		Cameras: []string{
			"lobby-cam-1",
			"<gate>",
		},
		Sources:        []string{"face_pipeline"},
		Conditions:     jsontext.Value(`{"similarity":{">=":0.9}}`),
		PerSecond:      0.5,
		InFlight:       4,
		TimeoutSeconds: 5,
		StormSeconds:   90,
	}
	frame := func(title string, section ui.Section) ui.Frame {
		return ui.Frame{Title: title, Section: section, Now: noon, PerMinute: 1204}
	}
	const base = "http://127.0.0.1:8000"
	for name, page := range map[string]templ.Component{
		"overview": overview.Page(overview.Props{
			Frame: frame("Overview", ui.SectionOverview), Now: noon, Total: 1234, Minutes: sampleMinutes(),
			Endpoints: endpoints, Alerts: sampleGroups(sample), Events: sample[:3], Cameras: sampleCameras(), BaseURL: base,
			Day: endpoints[0].Day,
		}),
		"settings": settings.ServicePage(settings.ServiceProps{Frame: frame("Settings", ui.SectionSettings), Now: noon, Service: settings.Service{
			Version: "1.0.0", API: base + "/api/v1", Started: noon.Add(-50 * time.Hour), Sockets: 3, File: "/var/lib/postern/<data>/postern.db",
			Size: 3 << 30, WAL: 4 << 20, Reserve: 8 << 20, Room: 40 << 30,
			First: 101, Head: 1234, Oldest: noon.Add(-30 * 24 * time.Hour), Retain: 30 * 24 * time.Hour, RetainAttempts: 48 * time.Hour,
			RetainBytes: 10 << 30,
			Open:        true, AllowHTTP: true, AllowTargets: []string{"127.0.0.0/8", "10.1.0.0/16"}, DenyHosts: []string{"*.corp.example"},
			TargetPorts:   []string{"443", "9000-9100"},
			DeliveryProxy: "http://proxy.example:3128", PublicURL: "https://postern.example.com",
		}}),
		"overview_well": overview.Page(overview.Props{Frame: frame("Overview", ui.SectionOverview), Now: noon, Total: 1,
			Endpoints: endpoints[:1], BaseURL: base}),
		"overview_empty": overview.Page(overview.Props{Frame: frame("Overview", ui.SectionOverview), Now: noon, BaseURL: base}),
		"alerts": alertpages.InboxPage(alertpages.InboxProps{Frame: frame("Alerts", ui.SectionAlerts), Tab: alertpages.TabOpen,
			Groups: sampleGroups(sample), Through: 1234, Cameras: []string{"<gate>"}, Assignees: []string{"Alice <Jansen>", "Bob"}}),
		"alerts_empty": alertpages.InboxPage(alertpages.InboxProps{Frame: frame("Alerts", ui.SectionAlerts), Tab: alertpages.TabOpen,
			Groups: alertlist.Props{Now: noon}}),
		"alerts_acknowledged": alertpages.InboxPage(alertpages.InboxProps{Frame: frame("Alerts", ui.SectionAlerts),
			Tab:    alertpages.TabAcknowledged,
			Groups: alertlist.Props{Now: noon}, Next: "ZDEy",
			Filter: event.Filter{Types: event.Types(event.WatchlistAlert), Cameras: []string{"<gate>"}},
			Alerts: []eventlist.Alert{{Event: sample[2], Acknowledgement: alert.Acknowledgement{By: "Alice <Jansen>", At: noon.Add(-time.Minute),
				Note: "Guard <sent>."}}}}),
		"alerts_history": alertpages.InboxPage(alertpages.InboxProps{Frame: frame("Alerts", ui.SectionAlerts), Tab: alertpages.TabHistory,
			Groups: alertlist.Props{Now: noon}, Actions: sampleActions()}),
		"alerts_group": alertpages.GroupPage(alertpages.GroupProps{Frame: frame("Alerts of a cause", ui.SectionAlerts), ID: 17,
			Groups: alertlist.Props{Now: noon, Person: "Bob",
				Groups: alert.Groups{Groups: sampleGroups(sample).Groups.Groups[:1], Alerts: 2, Total: 1}},
			Alerts: []eventlist.Alert{{Event: sample[2]}}, Actions: sampleActions(), Assignees: []string{"Bob"}, Through: 1234}),
		"events": events.ListPage(events.ListProps{
			Frame: frame("Events", ui.SectionEvents), Now: noon, Events: sample, Older: "ZDEy", BaseURL: base, Live: true,
			Counts:  events.TypeCounts{Counts: map[event.Type]int64{event.FaceMatched: 1204, event.SystemError: 1}, Over: "kept"},
			Cameras: []string{"<gate>", "lobby-cam-1"},
		}),
		"events_filtered": events.ListPage(events.ListProps{
			Frame: frame("Events", ui.SectionEvents), Now: noon, Paged: true, Events: sample[1:2], BaseURL: base,
			Query: events.Query{Filter: event.Filter{
				Types: event.Types(event.FaceMatched), Cameras: []string{"lobby-cam-1", "<gate>"}, Sources: []string{"a&b"}, Text: "alice",
				Since: noon.Add(-time.Hour), Until: noon,
			}, RelativeSince: "-1h"},
		}),
		"events_preset": events.ListPage(events.ListProps{
			Frame: frame("Events", ui.SectionEvents), Now: noon, BaseURL: base, Live: true,
			Query: events.Query{Filter: event.Filter{Since: noon.Add(-12 * time.Hour)}, RelativeSince: "today+01:00"},
		}),
		"events_still": events.ListPage(events.ListProps{
			Frame: frame("Events", ui.SectionEvents), Now: noon, BaseURL: base, Past: true, Older: "ZDEy",
			Query: events.Query{Filter: event.Filter{Since: noon.Add(-12 * time.Hour), Until: noon.Add(-time.Hour)}, Still: true},
		}),
		"events_empty": events.ListPage(events.ListProps{Frame: frame("Events", ui.SectionEvents), Now: noon, BaseURL: base, Live: true}),
		"event": events.Page(events.Props{
			Frame: frame("Event", ui.SectionEvents), Now: noon, Event: sample[1], Endpoints: endpoints, SentTo: endpoints[1].ID,
			Alert: eventlist.Alert{Event: sample[1]}, Newer: "evt_3", Older: "evt_1", BaseURL: base,
			Deliveries: sampleDeliveries(endpoints),
			Flash:      ui.Flash{Text: "The event is being resent to https://access.example.net:8443/in?site=<north>."},
		}),
		"event_alert": events.Page(events.Props{Frame: frame("Event", ui.SectionEvents), Now: noon, Event: sample[2],
			Alert: eventlist.Alert{Event: sample[2]}}),
		"attempt": webhooks.AttemptPage(webhooks.AttemptProps{
			Frame: frame("Attempt", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[1], Attempt: sampleAttempt(endpoints[1].Last), Moved: true,
			Committed: sample[2].Received.Add(3 * time.Millisecond), Signed: true, Delivery: &delivery.Delivery{State: delivery.Retrying},
			Event: sample[2], Body: string(sample[2].JSON()),
			Method: "POST", URL: endpoints[1].URL, Headers: []webhooks.SentHeader{{Name: "Host", Value: "access.example.net:8443", Means: ""},
				{Name: "X-Signature-256", Value: "", Means: "sha256= and so on"}},
		}),
		"attempt_expired": webhooks.AttemptPage(webhooks.AttemptProps{
			Frame: frame("Attempt", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[0], Method: "POST", URL: endpoints[0].URL,
			Attempt: delivery.Attempt{At: noon.Add(-time.Hour), Class: delivery.ClassTimeout, Detail: "The receiver did not answer within 15 s.",
				Duration: 15 * time.Second, Number: 3, Replay: true},
		}),
		"url_check": webhookform.URLCheckResult(webhookform.URLCheck{Host: "a.example", Addresses: []string{"10.0.0.1"},
			Refused: []string{"10.0.0.1"}}),
		"webhooks": webhooks.ListPage(webhooks.ListProps{
			Frame: frame("Webhooks", ui.SectionWebhooks), Now: noon, Endpoints: endpoints, BaseURL: base, Total: 140, Matching: 104, More: true,
			Query:  delivery.EndpointQuery{Text: "<a>", Labels: []string{"site:north"}, Sort: delivery.SortP95, Descending: true},
			States: map[delivery.State]int{delivery.Active: 100, delivery.Degraded: 1, delivery.Failing: 1, delivery.Paused: 2},
			Labels: []webhooks.LabelCount{{Label: "<prod>", Count: 3}, {Label: "site:north", Count: 104}},
			Flash: ui.Flash{Text: "Registered https://example.com/in.",
				Once: []ui.Once{{ID: "new-secret", Says: "This is the secret that signs its deliveries. Copy it now: it is not shown again.",
					Value: "whsec_shown_once"}}},
		}),
		"webhooks_empty": webhooks.ListPage(webhooks.ListProps{Frame: frame("Webhooks", ui.SectionWebhooks), Now: noon, BaseURL: base}),
		"webhooks_no_match": webhooks.ListPage(webhooks.ListProps{
			Frame: frame("Webhooks", ui.SectionWebhooks), Now: noon, Total: 3,
			Query: delivery.EndpointQuery{States: []delivery.State{delivery.Disabled}, Sort: delivery.SortState, Descending: true},
		}),
		"webhooks_refused": webhookform.NewPage(webhookform.NewProps{
			Frame: frame("Register a webhook", ui.SectionWebhooks),
			Form: webhookform.Form{URL: "ftp://<x>", Types: event.Types(event.FaceMatched), Secret: "short", SecretFrom: webhookform.SecretOwn,
				Errors: map[string]string{
					"url": "The URL must begin with https://.", "event_types": "Choose one.", "secret": "Too short.", "": "Nothing was kept.",
				}},
		}),
		"webhooks_settings": webhookform.NewPage(webhookform.NewProps{
			Frame: frame("Register a webhook", ui.SectionWebhooks),
			Form: webhookform.Form{
				URL: "https://example.com/", All: true, Settings: map[string]string{
					"camera_ids": "lobby\n<gate>", "sources": "a, b", "conditions": `{"label":"</textarea>"}`, "ordered": "1",
					"max_per_second": "fast", "max_in_flight": "2", "timeout_seconds": "99", "storm_window_seconds": "-1",
				}, Errors: map[string]string{
					"camera_ids": "One.", "sources": "Two.", "conditions": "Three.", "max_per_second": "Four.",
					"max_in_flight": "Five.", "timeout_seconds": "Six.", "storm_window_seconds": "Seven.",
				}, Preview: &webhookform.Preview{Problem: "The preview needs valid filters. Three."},
				Check: &webhookform.ReceiverCheck{Result: endpoint.TestResult{TestResult: delivery.TestResult{
					Address: "10.0.0.1:443", Attempt: delivery.Attempt{Status: 401, Class: delivery.ClassStatus},
				}}},
			},
		}),
		"api":       apidoc.IndexPage(apiProps),
		"api_group": apidoc.GroupPage(apiProps, apiProps.Groups[0]),
		"webhook_edit": webhookform.EditPage(webhookform.EditProps{
			Frame: frame("Edit webhook", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[2],
			Form: webhookform.Form{
				ID: endpoints[2].ID, URL: endpoints[2].URL, Types: endpoints[2].Types,
				Settings: map[string]string{"conditions": `{"code":"stream_lost"}`},
				Preview:  &webhookform.Preview{Now: noon, Examined: 1000, Matching: 37, Examples: sample[:2]},
			},
		}),
		"webhook": webhooks.Page(webhooks.Props{
			Heatmap: sampleHeatmap(endpoints[0].ID),
			Frame:   frame("Webhook", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[1],
			Attempts: []delivery.Attempt{*endpoints[0].Last, *endpoints[1].Last, {At: noon, Class: delivery.ClassTimeout, Number: 3}}, Older: "YTE",
			Filter: webhooks.AttemptFilter{AttemptFilter: delivery.AttemptFilter{
				Outcome: delivery.OutcomeFailed, Class: delivery.ClassTimeout, Since: noon.Add(-time.Hour),
			}},
		}),
		"webhook_paused": webhooks.Page(webhooks.Props{
			Frame: frame("Webhook", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[2],
			Flash: ui.Flash{Text: "Paused. Nothing is lost: new events are queued until you resume."},
			Changes: []delivery.StateChange{
				{State: delivery.Paused, At: noon.Add(-time.Minute), Cause: "A person paused it."},
				{State: delivery.Active, At: noon.Add(-time.Hour), Cause: "It answered again."},
				{State: delivery.Failing, At: noon.Add(-2 * time.Hour), Cause: "Attempts keep failing."},
				{State: delivery.Active, At: noon.Add(-3 * time.Hour), Cause: "A person resumed it."},
				{State: delivery.Disabled, At: noon.Add(-4 * time.Hour), Cause: "It has been failing for five days."},
				{State: delivery.Failing, At: noon.Add(-124 * time.Hour), Cause: "Attempts keep failing."},
			},
		}),
		"webhook_busy": webhooks.Page(webhooks.Props{
			Frame: frame("Webhook", ui.SectionWebhooks), Now: noon, Endpoint: busy, Overlap: "a day",
			OverlapError: "The overlap must be a whole number.",
			Replays: []webhooks.Replay{
				{Replay: delivery.Replay{ID: "rp_1", Filter: event.Filter{Types: event.Types(event.FaceMatched)}, After: 100, Through: 1100,
					Position: 437, Sent: 1204, Failed: 3,
					CreatedAt: noon.Add(-time.Minute)}},
				{Replay: delivery.Replay{ID: "rp_2", After: 5, Through: 5, CreatedAt: noon.Add(-time.Hour), EndedAt: noon}},
				{Replay: delivery.Replay{ID: "rp_3", Through: 10, Position: 4, EndedAt: noon, Stopped: true}},
			},
			Attempts: []delivery.Attempt{{EventID: "evt_1", EventType: event.FaceMatched, At: noon, Status: 200, Number: 1, Replay: true}},
			TestType: event.LineCrossed,
			TestResult: &endpoint.TestResult{Secure: true, TestResult: delivery.TestResult{
				Attempt: delivery.Attempt{Class: delivery.ClassTLS, Detail: "The receiver's certificate is not valid: expired.",
					Duration: 120 * time.Millisecond, Number: 1},
				Address: "203.0.113.7:443", DNS: 12 * time.Millisecond, Connect: 9 * time.Millisecond,
			}},
		}),
		"replay": webhooks.ReplayPage(webhooks.ReplayProps{
			Frame: frame("Replay past events", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[2],
			Form:   webhooks.ReplayForm{From: "time", Since: "2026-03-19T10:00", Types: event.Types(event.SystemError)},
			DryRun: &webhooks.DryRun{Since: noon.Add(-2 * time.Hour), Types: event.Types(event.SystemError), Count: 1234},
		}),
		"replay_refused": webhooks.ReplayPage(webhooks.ReplayProps{
			Frame: frame("Replay past events", ui.SectionWebhooks), Now: noon, Endpoint: endpoints[0],
			Form: webhooks.ReplayForm{From: "time", Since: "<soon>", All: true,
				Errors: map[string]string{"since": "Give the date.", "": "8 replays are under way."}},
		}),
		"erase": events.ErasePage(events.EraseProps{Frame: frame("Erase identity?", ui.SectionEvents), Now: noon,
			Identity: `person/77 "><script>`, Events: 1204, Attempts: 3, Pending: 1,
			Erased: []events.Erased{{At: noon.Add(-time.Hour), Events: 2}}}),
		"erase_done": events.ErasePage(events.EraseProps{Frame: frame("Identity", ui.SectionEvents), Now: noon, Identity: "p",
			Erased: []events.Erased{{At: noon.Add(-time.Minute), Events: 1}}}),
		"webhook_remove": webhooks.RemovePage(webhooks.RemoveProps{Frame: frame("Remove this webhook?", ui.SectionWebhooks),
			Endpoint: endpoints[1]}),
		"monitor": monitor.Page(monitor.Props{
			Now: noon, Events: sample[:2], View: sampleMonitor(), Cameras: []string{"gate-7", `"><script>`}, Person: "Alice",
			Filter: event.Filter{Types: event.Types(event.FaceMatched, event.WatchlistAlert), Cameras: []string{"gate-7"}, Sources: []string{"a"}},
			Again:  `/monitor?background=1&camera_id=gate-7`,
		}),
		"cameras": camera.ListPage(camera.ListProps{Frame: frame("Cameras", ui.SectionCameras), Now: noon,
			Query: camera.Query{Text: "<a>", Site: "Harbour & <quay>", State: camera.Silent, Sort: "rate", Descending: true, Cursor: "x"},
			Rows:  sampleRows(), Next: "a<b", Total: 400, States: map[camera.State]int{camera.Live: 396, camera.Silent: 4},
			Sites: []string{"Harbour & <quay>"}, Groups: []string{"Gates"}}),
		"cameras_empty": camera.ListPage(camera.ListProps{Frame: frame("Cameras", ui.SectionCameras), Now: noon}),
		"camera": camera.Page(camera.PageProps{Frame: frame("<Lobby>", ui.SectionCameras), Now: noon, Camera: sampleRows()[1].Camera,
			Rate: sampleRows()[1].Rate, Minutes: sampleMinutes(), Usual: []float64{4, -1}, Events: sample[:2],
			Form: camera.Form{Name: "<Lobby>", Sites: []string{"a&b"}, Interval: "set", Every: "<0>", Unit: "h", Silence: "after", Minutes: "<1>",
				Errors: map[string]string{"every": "The interval must be 1 second to 6 days.", "name": "The <name> is too long."}}}),
		"monitor_empty":            monitor.Page(monitor.Props{Now: noon, Again: "/monitor?background=1"}),
		"monitor_update":           monitor.Update(sampleMonitor(), false, noon),
		"monitor_acknowledged":     monitor.AcknowledgedMessage(monitor.Acknowledged{By: "<i>Alice", Event: sample[2], Count: 1}),
		"monitor_acknowledged_all": monitor.AcknowledgedMessage(monitor.Acknowledged{By: "Bob", Count: 1000, AtLeast: true}),
		"acknowledge_name": events.AcknowledgePage(events.AcknowledgeProps{Frame: frame("Who are you?", ui.SectionMonitor),
			Action: "/monitor/acknowledge", Fields: url.Values{"through": {"evt_2"}}, Back: "/monitor?camera_id=a", Typed: "<b>",
			Problem: "The name must not have control characters."}),
		"live_snapshot": eventlist.LiveSnapshot(sample[:2], noon),
		"live_update":   eventlist.LiveUpdate(sample[:1], 1234, false, noon),
		"live_missed":   eventlist.LiveMissed(17),
		"error": ui.ErrorPage(ui.ErrorProps{Frame: ui.Frame{Title: "Not found", Unknown: true}, Status: 404,
			Detail: "There is no event with this id."}),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := page.Render(context.Background(), &b); err != nil {
				t.Fatal(err)
			}
			got := digest.ReplaceAll(b.Bytes(), []byte("?v=DIGEST"))
			// One tag a line, so that a diff shows what changed.
			got = append(bytes.ReplaceAll(got, []byte("><"), []byte(">\n<")), '\n')
			if name == "live_update" && !bytes.Contains(got, sameRow(t, sample[0])) {
				t.Error("the row that arrives is not the row in the table")
			}
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s has changed; look at it, then run go test ./views -update\n%s", file, firstDifference(got, want))
			}
		})
	}
}

func sameRow(t *testing.T, e *event.Event) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := eventlist.Row(eventlist.MainPrefix, e, noon).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("><"), []byte(">\n<"))
}

func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(g), len(w)) {
		if !bytes.Equal(g[i], w[i]) {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
