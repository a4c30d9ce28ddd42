package event_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
)

// now is the clock of every test: with microseconds, and finer than those.
var now = time.Date(2026, 3, 19, 10, 32, 15, 123456789, time.UTC)

// reference is the example event of the API's reference, as one line.
const reference = `{"id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210","type":"face_matched","timestamp":"2026-03-19T10:32:15+00:00",` +
	`"source":"face_pipeline","data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"},` +
	`"camera_id":"lobby-cam-1"}`

// accept decodes a body that must be good.
func accept(t testing.TB, body string) []*event.Event {
	t.Helper()
	events, err := event.Decode([]byte(body), now)
	if err != nil {
		t.Fatalf("Decode(%.200q): %v", body, err)
	}
	return events
}

// acceptOne decodes a body that must hold one good event.
func acceptOne(t testing.TB, body string) *event.Event {
	t.Helper()
	events := accept(t, body)
	if len(events) != 1 {
		t.Fatalf("Decode(%.200q) gave %d events, want 1", body, len(events))
	}
	return events[0]
}

// refuse decodes a body that must not be accepted.
func refuse(t testing.TB, body string) *problem.Error {
	t.Helper()
	events, err := event.Decode([]byte(body), now)
	if err == nil {
		t.Fatalf("Decode(%.200q) accepted %d events, want a refusal", body, len(events))
	}
	if events != nil {
		t.Errorf("Decode(%.200q) gave %d events beside its error", body, len(events))
	}
	var invalid *problem.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("Decode(%.200q) gave a %T, want a *problem.Error", body, err)
	}
	if invalid.Error() != invalid.Detail {
		t.Errorf("Error() is %q, Detail is %q", invalid.Error(), invalid.Detail)
	}
	return invalid
}

// message returns what the refusal says about a field.
func message(t testing.TB, invalid *problem.Error, field string) string {
	t.Helper()
	for _, f := range invalid.Fields {
		if f.Field == field {
			return f.Message
		}
	}
	t.Fatalf("the refusal names no field %q, only %+v", field, invalid.Fields)
	return ""
}

// with returns a good event's JSON with members replaced or, where the value
// is empty, left out. Values are raw JSON.
func with(pairs ...string) string {
	order := []string{"type", "source"}
	members := map[string]string{"type": `"face_detected"`, "source": `"test"`}
	for i := 0; i < len(pairs); i += 2 {
		if _, ok := members[pairs[i]]; !ok {
			order = append(order, pairs[i])
		}
		members[pairs[i]] = pairs[i+1]
	}
	var parts []string
	for _, name := range order {
		if members[name] == "" {
			continue
		}
		quoted, _ := json.Marshal(name)
		parts = append(parts, string(quoted)+":"+members[name])
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func contains(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q doesn't say %q", text, w)
		}
	}
}

// conditions reads conditions that must be good.
func conditions(t testing.TB, text string) event.Conditions {
	t.Helper()
	c, err := event.ParseConditions([]byte(text))
	if err != nil {
		t.Fatalf("ParseConditions(%.200q): %v", text, err)
	}
	return c
}
