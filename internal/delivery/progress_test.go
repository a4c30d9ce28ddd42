package delivery_test

import (
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

// progress is an endpoint that began after event 10, has settled the log up to event
// 100, and has changed its settings after event 50.
func progress(t *testing.T) *delivery.Progress {
	t.Helper()
	version := func(n, after int64, types event.TypeSet, settings delivery.Settings) delivery.SettingsVersion {
		conditions, wrong := settings.Validate()
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		return delivery.SettingsVersion{N: n, After: after, At: noon.Add(time.Duration(n) * time.Hour), Types: types, Settings: settings,
			Filter: settings.Filter(types, conditions)}
	}
	versions := []delivery.SettingsVersion{
		version(1, 20, event.Types(event.FaceMatched, event.SystemError), delivery.Settings{
			Cameras: []string{"lobby", "gate"}, Conditions: []byte(`{"similarity": {">=": 0.9}, "spoof": {"exists": false}}`)}),
		version(2, 50, event.AllTypes, delivery.Settings{Sources: []string{"face_pipeline", "postern"}, StormSeconds: 30}),
	}
	versions[0].Until = versions[1].At
	return &delivery.Progress{N: 1, ID: "wh_a", Created: noon, Cursor: 100, BeganAfter: 10, Versions: versions}
}

func TestProgress_SaysWhichRuleDecided(t *testing.T) {
	t.Parallel()
	face := func(seq int64, change ...func(*event.Event)) *event.Event {
		e := &event.Event{Seq: seq, ID: "evt_1", Type: event.FaceMatched, Camera: "lobby", Source: "face_pipeline", Received: noon,
			Data: []byte(`{"similarity":0.95}`)}
		for _, f := range change {
			f(e)
		}
		e.Finalize()
		return e
	}
	data := func(json string) func(*event.Event) { return func(e *event.Event) { e.Data = []byte(json) } }
	ok, failed := delivery.Attempt{At: noon, Status: 200}, delivery.Attempt{At: noon, Status: 500, Class: delivery.ClassStatus}
	skipped := &delivery.Unsent{Cause: delivery.UnsentSkipped, At: noon, Range: true}
	for name, tc := range map[string]struct {
		event  *event.Event
		record *delivery.Delivery
		state  delivery.DeliveryState
		rule   delivery.Rule
		says   string
	}{
		"registered later": {face(10), nil, delivery.NotSent, delivery.RuleLater, "The webhook was registered after this event had arrived."},
		"before the first known settings": {face(20), nil, delivery.NotSent, delivery.RuleUnknown,
			"The settings that the webhook had when this event arrived are unknown."},
		"type": {face(21, func(e *event.Event) { e.Type = event.LineCrossed }), nil, delivery.NotSent, delivery.RuleType,
			"The webhook took face_matched and system_error; this event is line_crossed."},
		"camera": {face(50, func(e *event.Event) { e.Camera = "yard" }), nil, delivery.NotSent, delivery.RuleCamera,
			"The webhook took only events of lobby and gate; this event is of yard."},
		"no camera": {face(50, func(e *event.Event) { e.Camera = "" }), nil, delivery.NotSent, delivery.RuleCamera,
			"The webhook took only events of lobby and gate; this event has no camera."},
		"condition": {face(30, data(`{"similarity":0.42}`)), nil, delivery.NotSent, delivery.RuleCondition,
			"The webhook required similarity >= 0.9; this event has 0.42."},
		"condition on a field that isn't there": {face(30, data(`{}`)), nil, delivery.NotSent, delivery.RuleCondition,
			"The webhook required similarity >= 0.9; this event has no similarity."},
		"condition on a field that is there": {face(30, data(`{"similarity":1,"spoof":"print"}`)), nil, delivery.NotSent, delivery.RuleCondition,
			`The webhook required that there is no field spoof; this event has "print".`},
		"source, with the present settings": {face(51, func(e *event.Event) { e.Source = "tracker" }), nil, delivery.NotSent, delivery.RuleSource,
			"The webhook takes only events from face_pipeline and postern; this event is from tracker."},
		"own state": {face(60, func(e *event.Event) { e.Type, e.Source = event.SystemError, event.OwnSource },
			data(`{"webhook_id":"wh_a"}`)), nil, delivery.NotSent, delivery.RuleOwnState,
			"The event announces the state of this webhook itself, and is never sent to it."},
		"another webhook's state": {face(60, func(e *event.Event) { e.Type, e.Source = event.SystemError, event.OwnSource },
			data(`{"webhook_id":"wh_b"}`)), nil, delivery.Unknown, "", ""},
		"erased": {face(30, func(e *event.Event) { e.Erased = noon }, data(`{"erased":"2026"}`)), nil, delivery.NotSent, delivery.RuleErased,
			"The event's data was erased, so that it is unknown whether it met the webhook's conditions."},
		"not sent yet":            {face(101), nil, delivery.Waiting, "", ""},
		"a later version decides": {face(101, func(e *event.Event) { e.Camera = "yard" }), nil, delivery.Waiting, "", ""},
		"skipped": {face(60), &delivery.Delivery{Unsent: skipped}, delivery.Skipped, delivery.RuleSkipped,
			"A person resumed the webhook from now on, which skipped its backlog and this event with it."},
		"skipped, but not for it": {face(60, func(e *event.Event) { e.Source = "tracker" }), &delivery.Delivery{Unsent: skipped},
			delivery.NotSent, delivery.RuleSource, "The webhook takes only events from face_pipeline and postern; this event is from tracker."},
		"skipped, and sent by a person": {face(60), &delivery.Delivery{Unsent: skipped, Attempts: []delivery.Attempt{ok}},
			delivery.Delivered, "", ""},
		"a skipped retry": {face(60), &delivery.Delivery{Unsent: &delivery.Unsent{Cause: delivery.UnsentSkipped, At: noon},
			Attempts: []delivery.Attempt{failed}}, delivery.Skipped, delivery.RuleSkipped,
			"A person resumed the webhook from now on, which skipped its backlog and this event with it."},
		"storm control": {face(60), &delivery.Delivery{Unsent: &delivery.Unsent{Cause: delivery.UnsentStorm, At: noon}},
			delivery.Suppressed, delivery.RuleStorm,
			"Storm control held the event back: an event with the same camera, type and identity was sent less than 30 s before."},
		"storm control, and sent by a person": {face(60), &delivery.Delivery{Unsent: &delivery.Unsent{Cause: delivery.UnsentStorm, At: noon},
			Attempts: []delivery.Attempt{ok}}, delivery.Delivered, "", ""},
		"exhausted": {face(60), &delivery.Delivery{Attempts: []delivery.Attempt{failed}, Pending: &delivery.Pending{Seq: 60, Attempts: 9}},
			delivery.Exhausted, "", ""},
		"no record": {face(60), nil, delivery.Unknown, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := progress(t).Delivery(tc.event, tc.record)
			if d.State != tc.state || d.Reason.Rule != tc.rule || d.Reason.Sentence() != tc.says {
				t.Errorf("got %s, %q: %s\nwant %s, %q: %s", d.State, d.Reason.Rule, d.Reason.Sentence(), tc.state, tc.rule, tc.says)
			}
		})
	}
}

// The events that a worker sends are those for which no rule decides, whatever the
// filter is.
func TestSelection_MatchesWhereNoRuleDecides(t *testing.T) {
	t.Parallel()
	s := progress(t).Versions[0].Selection("wh_a")
	for _, camera := range []string{"lobby", "gate", "yard", ""} {
		for _, kind := range []event.Type{event.FaceMatched, event.LineCrossed} {
			for _, data := range []string{`{}`, `{"similarity":0.9}`, `{"similarity":0.89}`, `{"similarity":1,"spoof":null}`} {
				e := &event.Event{Type: kind, Camera: camera, Data: []byte(data)}
				if s.Match(e) != (s.Decide(e) == delivery.NoRule) || s.Match(e) != s.Filter.Match(e) {
					t.Errorf("%+v: %q", e, s.Decide(e))
				}
			}
		}
	}
}

func TestReason_WithoutEventSaysNothingOfTheEvent(t *testing.T) {
	t.Parallel()
	e := &event.Event{Seq: 30, Type: event.FaceMatched, Camera: "lobby", Data: []byte(`{"similarity":0.42}`)}
	r := progress(t).Delivery(e, nil).Reason.WithoutEvent()
	if got := r.Sentence(); got != "The webhook required similarity >= 0.9." || r.Test.Value != nil {
		t.Errorf("got %s, %s", got, r.Test.Value)
	}
}
