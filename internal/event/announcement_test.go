package event_test

import (
	"bytes"
	"regexp"
	"slices"
	"testing"
	"time"

	"postern/internal/event"
)

func TestAnnouncement_endsAStateOnlyWhenPosternSaysSo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind   event.Type
		source string
		data   string
		ids    []string
		ends   bool
	}{
		"a failing webhook": {event.SystemError, "postern", `{"kind":"webhook_failing"}`, nil, false},
		"a recovered one": {event.SystemError, "postern", `{"kind":"webhook_recovered","resolves":["a","b"]}`,
			[]string{"a", "b"}, true},
		"nothing known to resolve":  {event.SystemError, "postern", `{"resolves":[]}`, []string{}, true},
		"one id":                    {event.SystemError, "postern", `{"resolves":"a"}`, []string{"a"}, true},
		"no id":                     {event.SystemError, "postern", `{"resolves":""}`, nil, false},
		"not a list":                {event.SystemError, "postern", `{"resolves":7}`, nil, false},
		"not all ids":               {event.SystemError, "postern", `{"resolves":["a",7]}`, nil, false},
		"not at the top":            {event.SystemError, "postern", `{"x":{"resolves":["a"]}}`, nil, false},
		"a word in a text":          {event.SystemError, "postern", `{"message":"\"resolves\""}`, nil, false},
		"a producer's":              {event.SystemError, "face_pipeline", `{"resolves":["a"]}`, nil, false},
		"a producer's similar name": {event.SystemError, "Postern", `{"resolves":["a"]}`, nil, false},
		"another type":              {event.WatchlistAlert, "postern", `{"resolves":["a"]}`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &event.Event{ID: "x", Type: tc.kind, Source: tc.source, Data: []byte(tc.data)}
			e.Finalize()
			ids, ends := e.Resolves()
			if !slices.Equal(ids, tc.ids) || ends != tc.ends || e.IsAlert() == tc.ends {
				t.Errorf("resolves %q, %t; an alert: %t", ids, ends, e.IsAlert())
			}
			if want := tc.kind.Info().Meaning; tc.ends && e.Meaning() != event.Confirmed || !tc.ends && e.Meaning() != want {
				t.Errorf("its meaning is %s", e.Meaning())
			}
		})
	}
	calm := &event.Event{ID: "x", Type: event.FaceMatched, Source: "face", Data: []byte(`{}`)}
	if calm.Finalize(); calm.IsAlert() || calm.Meaning() != event.Confirmed {
		t.Error("a match is an alert")
	}
}

func TestAnnouncement_isTheSameEventEachTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 19, 10, 0, 0, 1234567, time.FixedZone("", 3600))
	for _, in := range event.Kinds() {
		a := event.Announcement{Module: "webhooks", Kind: in.Kind, Message: "<&>", Resolves: []string{"b", "a"}}
		one, err := a.Event("id", at)
		if err != nil {
			t.Fatal(err)
		}
		other, err := a.Event("id", at)
		if err != nil || !one.SameContent(other) || !bytes.Equal(one.JSON(), other.JSON()) {
			t.Errorf("%s and %s, %v", one.JSON(), other.JSON(), err)
		}
		if !bytes.Contains(one.Data, []byte(`"kind":"`+string(in.Kind)+`"`)) || one.Type != event.SystemError ||
			one.Source != event.OwnSource || one.Time.Nanosecond()%1000 != 0 {
			t.Errorf("the event is %s", one.JSON())
		}
	}
}

func TestKinds_areStableNames(t *testing.T) {
	t.Parallel()
	seen := map[event.Kind]bool{}
	for _, in := range event.Kinds() {
		if seen[in.Kind] || in.Description == "" || !regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`).MatchString(string(in.Kind)) {
			t.Errorf("kind %+v", in)
		}
		seen[in.Kind] = true
	}
}
