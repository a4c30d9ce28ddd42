package endpoint

import (
	"bytes"
	"context"
	"regexp"
	"testing"
	"time"

	"postern/internal/delivery"

	"postern/internal/event"
)

var tags = regexp.MustCompile(`<[^>]*>`)

func TestStateInWords(t *testing.T) {
	for name, tc := range map[string]struct {
		e    Endpoint
		want string
	}{
		"from the beginning": {Endpoint{State: delivery.Active}, "Active since it was registered."},
		"recovered": {Endpoint{State: delivery.Active, StateAt: noon.Add(-time.Hour), StateCause: "It answered again."},
			"It answered again, 1 h ago."},
		"failing": {
			Endpoint{State: delivery.Failing, StateAt: noon.Add(-3 * time.Minute), NextProbe: noon.Add(40 * time.Second),
				StateCause: "Nobody answers."},
			"Started failing 3 min ago. Nobody answers. Next check in 40 s.",
		},
		"failing without a probe": {Endpoint{State: delivery.Failing, StateAt: noon.Add(-3 * time.Minute), StateCause: "Nobody answers."},
			"Started failing 3 min ago. Nobody answers."},
		"paused": {Endpoint{State: delivery.Paused, StateAt: noon.Add(-time.Minute), StateCause: "A person paused it."},
			"A person paused it, 1 min ago."},
		"disabled": {Endpoint{State: delivery.Disabled, StateAt: noon.AddDate(0, 0, -3),
			StateCause: "It has been failing for five days."}, "It has been failing for five days, 3 days ago."},
		"nobody knows why": {Endpoint{State: delivery.Disabled, StateAt: noon.Add(-time.Minute)}, "Disabled 1 min ago."},
	} {
		var b bytes.Buffer
		if err := StateText(tc.e, noon).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if got := tags.ReplaceAllString(b.String(), ""); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestNewestChangeOfStateCounts(t *testing.T) {
	e := Endpoint{State: delivery.Failing, StateAt: noon.Add(-time.Minute), NextProbe: noon}
	e.Become(nil)
	e.Become([]delivery.StateChange{{State: delivery.Active, At: noon.Add(-time.Hour), Cause: "Before."}})
	if e.State != delivery.Failing || e.NextProbe.IsZero() {
		t.Errorf("an older change counts: %+v", e)
	}
	e.Become([]delivery.StateChange{{State: delivery.Paused, At: noon, Cause: "A person paused it."}})
	if e.State != delivery.Paused || e.StateCause == "" || !e.NextProbe.IsZero() {
		t.Errorf("the newest change doesn't count: %+v", e)
	}
}

func TestWhatWaitsInWords(t *testing.T) {
	for want, e := range map[string]Endpoint{
		"None":                       {},
		"2 retries":                  {Retrying: 2},
		"1 event":                    {Waiting: 1},
		"about 2,000 events":         {Waiting: 2000, Estimated: true},
		"5 events and 1 retry":       {Waiting: 5, Retrying: 1},
		"about 5 events and 1 retry": {Waiting: 5, Estimated: true, Retrying: 1},
	} {
		if got := e.Backlog(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTypesInWords(t *testing.T) {
	for _, tc := range []struct {
		types event.TypeSet
		want  string
	}{
		{event.AllTypes, "All events"},
		{event.Types(event.FaceMatched), "Face matched"},
		{event.Types(event.FaceMatched, event.SystemError), "Face matched and system error"},
		{event.Types(1, 2, 3, 4, 5, 6), "Face detected, face matched, watchlist alert and 3 more types"},
	} {
		if got := TypeNames(tc.types); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
