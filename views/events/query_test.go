package events

import (
	"testing"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

func TestPresetsKeepTheirMeaningInTheURL(t *testing.T) {
	q := Query{Filter: event.Filter{Types: event.Types(event.FaceMatched), Cameras: []string{"a&b"}, Until: noon}, Still: true}
	if got, want := string(q.between("-1h", "").url("/events",
		"")), "/events?camera_id=a%26b&event_type=face_matched&live=off&since=-1h"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	relative := Query{Filter: event.Filter{Since: noon}, RelativeSince: "today+01:00"}
	if got, want := string(relative.url("/events", "ZDEy")), "/events?cursor=ZDEy&since=today%2B01%3A00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(q.exportURL(
		"csv")), "/api/v1/events/export?camera_id=a%26b&event_type=face_matched&format=csv&until=2026-03-19T12%3A00%3A00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPresetThatIsShownIsMarked(t *testing.T) {
	for name, tc := range map[string]struct {
		q      Query
		chosen string
	}{
		"nothing":          {Query{}, "Any time"},
		"an hour":          {Query{Filter: event.Filter{Since: noon}, RelativeSince: "-1h"}, "Hour"},
		"today, elsewhere": {Query{Filter: event.Filter{Since: noon}, RelativeSince: "today-08:00"}, "Today"},
		"absolute":         {Query{Filter: event.Filter{Since: noon}}, ""},
		"another hour":     {Query{Filter: event.Filter{Since: noon}, RelativeSince: "-2h"}, ""},
		"with an end":      {Query{Filter: event.Filter{Since: noon, Until: noon}, RelativeSince: "-1h", RelativeUntil: "-15m"}, ""},
	} {
		chosen := ""
		for _, p := range timePresets {
			if p.selected(tc.q) {
				chosen += p.Words
			}
		}
		if chosen != tc.chosen || tc.q.custom() != (tc.chosen == "") {
			t.Errorf("%s: %q is marked, want %q", name, chosen, tc.chosen)
		}
	}
}

func TestQuery_each_active_filter_can_be_removed(t *testing.T) {
	q := Query{Filter: event.Filter{Cameras: []string{"a", "b"}, Sources: []string{"s"}, Text: "x", Since: noon.Add(-time.Hour)},
		RelativeSince: "-1h"}
	var got []string
	for _, n := range q.activeFilters() {
		got = append(got, n.Before+n.Value+n.After+" "+string(n.Without.url("", "")))
	}
	want := []string{
		"at a ?camera_id=b&q=x&since=-1h&source=s", "at b ?camera_id=a&q=x&since=-1h&source=s",
		"from s ?camera_id=a&camera_id=b&q=x&since=-1h", "with “x” ?camera_id=a&camera_id=b&since=-1h&source=s",
	}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
	if got := string(q.all().url("/events", "")); got != "/events" {
		t.Errorf("all: %s", got)
	}
}

func TestFiltersAreCounted(t *testing.T) {
	for want, q := range map[int]Query{
		0: {Still: true},
		1: {Filter: event.Filter{Since: noon, Until: noon}},
		6: {Filter: event.Filter{Types: event.Types(event.FaceMatched, event.SystemError), Cameras: []string{"a"}, Sources: []string{"b"},
			Text: "c", Since: noon}, RelativeSince: "-1h"},
	} {
		if got := q.filters(); got != want {
			t.Errorf("%d filters, want %d", got, want)
		}
	}
}

func TestRelativeMomentsInWords(t *testing.T) {
	for word, want := range map[string]string{
		"-1h": "an hour ago", "-3h": "3 h ago", "-2w": "2 weeks ago", "today+05:30": "the start of today", "-7d": "7 days ago",
		"-1d": "1 day ago", "-1w": "1 week ago", "-2000h": "2,000 h ago", "-1m": "1 min ago", "-90s": "90 s ago",
	} {
		if got := momentWords(word); got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
}

func TestCommandThatSendsAnEventSurvivesTheShell(t *testing.T) {
	e := &event.Event{ID: "one", Type: event.SystemError, Source: "o'brien", Time: noon, Data: []byte(`{"message":"it's $HOME"}`)}
	e.Finalize()
	want := "curl -X POST http://h/api/v1/events \\\n  -d '" +
		`{"id":"one","type":"system_error","timestamp":"2026-03-19T12:00:00+00:00","source":"o'\''brien","data":{"message":"it'\''s ` +
		`$HOME"},"camera_id":null}'`
	if got := sendCommand("http://h", e); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestChipAddsItsTypeAndTakesItAway(t *testing.T) {
	f := event.Filter{Types: event.Types(event.FaceMatched), Cameras: []string{"a&b"}, Text: "x y"}
	if got, want := string(ui.FilterURL("/events", withType(f, event.SystemError),
		"")), "/events?camera_id=a%26b&event_type=face_matched&event_type=system_error&q=x+y"; got != want {
		t.Errorf("added: %s, want %s", got, want)
	}
	if got, want := string(ui.FilterURL("/events", withType(f, event.FaceMatched), "")), "/events?camera_id=a%26b&q=x+y"; got != want {
		t.Errorf("taken away: %s, want %s", got, want)
	}
	if got, want := string(ui.FilterURL("/events", event.Filter{Types: event.AllTypes}, "")), "/events"; got != want {
		t.Errorf("all: %s, want %s", got, want)
	}
}
