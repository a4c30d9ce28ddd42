package views

import (
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestResumingSaysWhatFollows(t *testing.T) {
	for _, tc := range []struct {
		e             Endpoint
		button, means string
	}{
		{Endpoint{State: StatePaused, Waiting: 3}, "Send the backlog (3 events)", "oldest first"},
		{Endpoint{State: StatePaused}, "Resume", "The backlog is empty"},
		{Endpoint{State: StateFailing, Retrying: 1}, "Send the backlog (1 retry)", "without waiting for the next probe"},
	} {
		if got := tc.e.resumeWords(); got != tc.button {
			t.Errorf("%q, want %q", got, tc.button)
		}
		if got := tc.e.resumeMeans(); !strings.Contains(got, tc.means) {
			t.Errorf("%q doesn't say %q", got, tc.means)
		}
	}
}

func TestLossesAreNamedWhereThereAreAny(t *testing.T) {
	if got := (Endpoint{}).losses(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	got := Endpoint{Expired: 2, Suppressed: 1, Settings: Settings{StormSeconds: 30}}.losses()
	if len(got) != 2 || got[0].Name != "Expired" || !strings.Contains(got[1].Means, "within 30 s") {
		t.Errorf("%v", got)
	}
}

func TestStepsOfATrial(t *testing.T) {
	for name, tc := range map[string]struct {
		trial Trial
		want  string
	}{
		"plain http by address": {
			Trial{Address: "127.0.0.1:9", Connect: time.Millisecond, FirstByte: 2 * time.Millisecond, Attempt: Attempt{OK: true, Duration: 4 * time.Millisecond}},
			"127.0.0.1:9|None, plain http|Not needed|in 1 ms|Not needed|in 2 ms|4 ms",
		},
		"no such name": {Trial{Secure: true}, "None|Not agreed|Not reached|Not reached|Not reached|Not reached|under 0.1 ms"},
		"to the end": {
			Trial{Address: "a", TLS: "TLS 1.3", Secure: true, DNS: 1e6, Connect: 2e6, Handshake: 3e6, FirstByte: 4e6, Attempt: Attempt{Duration: 1e7}},
			"a|TLS 1.3|in 1 ms|in 2 ms|in 3 ms|in 4 ms|10 ms",
		},
	} {
		var got []string
		for _, f := range tc.trial.facts() {
			got = append(got, f.Value)
		}
		if joined := strings.Join(got, "|"); joined != tc.want {
			t.Errorf("%s: %s, want %s", name, joined, tc.want)
		}
	}
}

func TestReplayInWords(t *testing.T) {
	r := Replay{After: 100, Through: 300, Position: 299, Sent: 1204, Failed: 2}
	if r.percent() != "99 %" || r.state(Endpoint{State: StateActive}) != "Running" || r.state(Endpoint{State: StatePaused}) != "Waiting" || r.counts() != "1,204 sent, 2 failed" || r.types() != "All matching events" {
		t.Error(r.percent(), r.state(Endpoint{}), r.counts(), r.types())
	}
	empty := Replay{After: 7, Through: 7, EndedAt: noon}
	if empty.percent() != "100 %" || empty.state(Endpoint{}) != "Done" {
		t.Error(empty.percent(), empty.state(Endpoint{}))
	}
	if got := (Replay{EndedAt: noon, Stopped: true}).state(Endpoint{}); got != "Stopped" {
		t.Error(got)
	}
	over := make([]Replay, 9)
	for i := range over {
		over[i].EndedAt = noon
	}
	if got := len(shown(append(over, Replay{ID: "runs"}))); got != shownReplays+1 {
		t.Errorf("%d replays are shown", got)
	}
}

func TestDryRunSaysHowMany(t *testing.T) {
	for want, d := range map[string]DryRun{
		"1 event would be sent again.":                                                      {Count: 1},
		"1,204 events would be sent again.":                                                 {Count: 1204},
		"No event since then matches this webhook. There is nothing to send again.":         {},
		"At least 90,000 events would be sent again; there are too many to count them all.": {Count: 90000, AtLeast: true},
	} {
		if got := d.said(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (DryRun{}).consequence(Endpoint{State: StatePaused}); !strings.Contains(got, "before the webhook is resumed") {
		t.Error(got)
	}
}

func TestPreviewSaysHowMany(t *testing.T) {
	for want, p := range map[string]Preview{
		"There are no events yet to try it on.":    {},
		"None of the last 60 events would match.":  {Examined: 60},
		"37 of the last 1,000 events would match.": {Examined: 1000, Matching: 37},
		"The only event so far would match.":       {Examined: 1, Matching: 1},
	} {
		if got := p.said(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSettingsInWords(t *testing.T) {
	if got := (Settings{}).facts(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	var got []string
	for _, f := range (Settings{Cameras: []string{"a", "b"}, Ordered: true, PerSecond: 0.5, InFlight: 1, TimeoutSeconds: 5, StormSeconds: 90}).facts() {
		got = append(got, f.Name+": "+f.Value)
	}
	want := "Only cameras: a and b|Order: One event at a time, in the log's order. A refused event blocks the events behind it|Rate: At most 30 requests/min|At once: At most 1 request|" +
		"Waits for an answer: 5 s|Storm control: One event per camera, type and identity in 1 min 30 s"
	if joined := strings.Join(got, "|"); joined != want {
		t.Errorf("%s, want %s", joined, want)
	}
	if got := rateWords(20); got != "20 requests/s" {
		t.Error(got)
	}
}

func TestFormUnfoldsForWhatIsInIt(t *testing.T) {
	for _, tc := range []struct {
		form            WebhookForm
		filters, limits bool
	}{
		{WebhookForm{}, false, false},
		{WebhookForm{URL: "x", Types: event.AllTypes, Errors: map[string]string{"url": "Wrong."}}, false, false},
		{WebhookForm{Cameras: "a"}, true, false},
		{WebhookForm{Preview: &Preview{}}, true, false},
		{WebhookForm{Errors: map[string]string{"sources": "Wrong."}}, true, false},
		{WebhookForm{Ordered: true}, false, true},
		{WebhookForm{Storm: "9"}, false, true},
		{WebhookForm{Errors: map[string]string{"timeout_seconds": "Wrong."}}, false, true},
	} {
		if tc.form.filtersOpen() != tc.filters || tc.form.limitsOpen() != tc.limits {
			t.Errorf("%+v", tc.form)
		}
	}
}
