package views

import (
	"bytes"
	"context"
	"regexp"
	"testing"
	"time"
)

var tags = regexp.MustCompile(`<[^>]*>`)

func TestStateInWords(t *testing.T) {
	for name, tc := range map[string]struct {
		e    Endpoint
		want string
	}{
		"from the beginning": {Endpoint{State: StateActive}, "Active from the beginning."},
		"recovered":          {Endpoint{State: StateActive, StateAt: noon.Add(-time.Hour), StateCause: "It answered again."}, "It answered again, 1 h ago."},
		"failing": {
			Endpoint{State: StateFailing, StateAt: noon.Add(-3 * time.Minute), NextProbe: noon.Add(40 * time.Second), StateCause: "Nobody answers."},
			"Failing began 3 min ago; next probe in 40 s. Nobody answers.",
		},
		"failing without a probe": {Endpoint{State: StateFailing, StateAt: noon.Add(-3 * time.Minute), StateCause: "Nobody answers."}, "Failing began 3 min ago. Nobody answers."},
		"paused":                  {Endpoint{State: StatePaused, StateAt: noon.Add(-time.Minute), StateCause: "A person paused it."}, "A person paused it, 1 min ago."},
		"disabled":                {Endpoint{State: StateDisabled, StateAt: noon.AddDate(0, 0, -3), StateCause: "It has been failing for five days."}, "It has been failing for five days, 3 days ago."},
		"nobody knows why":        {Endpoint{State: StateDisabled, StateAt: noon.Add(-time.Minute)}, "Disabled 1 min ago."},
	} {
		var b bytes.Buffer
		if err := stateWords(tc.e, noon).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if got := tags.ReplaceAllString(b.String(), ""); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestTimeThatIsLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "any moment now", 0: "any moment now", 40 * time.Second: "in 40 s", 5 * time.Minute: "in 5 min",
		23 * time.Hour: "in 23 h", 24*time.Hour - time.Second: "in 24 h", 90 * time.Second: "in 2 min", 30 * 24 * time.Hour: "in 30 days",
	} {
		if got := untilWords(noon.Add(d), noon); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestNewestChangeOfStateCounts(t *testing.T) {
	e := Endpoint{State: StateFailing, StateAt: noon.Add(-time.Minute), NextProbe: noon}
	e.Become(nil)
	e.Become([]StateChange{{StateActive, noon.Add(-time.Hour), "Before."}})
	if e.State != StateFailing || e.NextProbe.IsZero() {
		t.Errorf("an older change counts: %+v", e)
	}
	e.Become([]StateChange{{StatePaused, noon, "A person paused it."}})
	if e.State != StatePaused || e.StateCause == "" || !e.NextProbe.IsZero() {
		t.Errorf("the newest change doesn't count: %+v", e)
	}
}

func TestWhatWaitsInWords(t *testing.T) {
	for want, e := range map[string]Endpoint{
		"Nothing":                    {},
		"2 retries":                  {Retrying: 2},
		"1 event":                    {Waiting: 1},
		"about 2,000 events":         {Waiting: 2000, Estimated: true},
		"5 events and 1 retry":       {Waiting: 5, Retrying: 1},
		"about 5 events and 1 retry": {Waiting: 5, Estimated: true, Retrying: 1},
	} {
		if got := e.waiting(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
