package webhooktest

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"postern/internal/event"
)

// Personal is an event about Alice, with everything that could go wrong when
// it is written anew.
const Personal = `{"id": "evt-1", "type": "face_matched", "timestamp": "2026-03-19T10:32:15.5+00:00", "source": "face\u005fpipeline \"<&>\"", "camera_id": "Zoë's",
	"data": {"similarity": 0.9300, "identity_id": "abc-123", "label": "Alice Smith", "note": "\u0041\/", "n": 12345678901234567890}}`

// Decode returns the one event of a body.
func Decode(t testing.TB, body string) *event.Event {
	t.Helper()
	events, err := event.Decode([]byte(body), time.Now())
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	return events[0]
}

// DataOf reads a payload's data.
func DataOf(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var e struct{ Data map[string]any }
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return e.Data
}

// PseudonymForm matches a pseudonym.
var PseudonymForm = regexp.MustCompile(`psn_[0-9a-f]{32}`)
