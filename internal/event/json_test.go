package event_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"postern/internal/event"
)

func TestJSONIsTheReferencesExampleToTheByte(t *testing.T) {
	// The example as the reference prints it, in its order of fields.
	printed := `{
    "id": "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210",
    "type": "face_matched",
    "timestamp": "2026-03-19T10:32:15+00:00",
    "source": "face_pipeline",
    "data": {
      "identity_id": "abc-123",
      "label": "Alice Smith",
      "similarity": 0.91,
      "watchlist": "default"
    },
    "camera_id": "lobby-cam-1"
  }`
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(printed)); err != nil {
		t.Fatal(err)
	}
	if got := acceptOne(t, printed).JSON(); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("got  %s\nwant %s", got, want.Bytes())
	}
}

func TestJSONHasOneOrderWhateverOrderWasSent(t *testing.T) {
	shuffled := `{"camera_id":"lobby-cam-1","data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"},` +
		`"source":"face_pipeline","timestamp":"2026-03-19T11:32:15+01:00","type":"face_matched","id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210"}`
	if got := string(acceptOne(t, shuffled).JSON()); got != reference {
		t.Errorf("got  %s\nwant %s", got, reference)
	}
}

func TestSealMakesTheSameJSONAsDecode(t *testing.T) {
	e := event.Event{
		ID: "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210", Type: event.FaceMatched, Source: "face_pipeline", Camera: "lobby-cam-1",
		Time: time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC),
		Data: []byte(`{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"}`),
	}
	e.Finalize()
	if string(e.JSON()) != reference {
		t.Errorf("got  %s\nwant %s", e.JSON(), reference)
	}
}

func TestJSONDoesntChangeWithWhatTheLogSets(t *testing.T) {
	e := acceptOne(t, reference)
	e.Seq, e.Received = 7, now
	if string(e.JSON()) != reference {
		t.Errorf("the JSON became %s", e.JSON())
	}
}
