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
	e.Seal()
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

func TestSameContent(t *testing.T) {
	base := with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1}`)
	for name, tc := range map[string]struct {
		body string
		same bool
	}{
		"itself":          {base, true},
		"other spelling":  {with("data", `{ "a" : 1 }`, "camera_id", `"c"`, "timestamp", `"2026-03-19T11:32:15.0000001+01:00"`, "id", `"a"`), true},
		"without a time":  {with("id", `"a"`, "camera_id", `"c"`, "data", `{"a":1}`), true},
		"another id":      {with("id", `"b"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1}`), false},
		"another type":    {with("id", `"a"`, "type", `"face_matched"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1}`), false},
		"another source":  {with("id", `"a"`, "source", `"x"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1}`), false},
		"another time":    {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15.000001Z"`, "camera_id", `"c"`, "data", `{"a":1}`), false},
		"another camera":  {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"d"`, "data", `{"a":1}`), false},
		"no camera":       {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "data", `{"a":1}`), false},
		"other data":      {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1.0}`), false},
		"stamped, others": {with("id", `"a"`, "camera_id", `"c"`, "data", `{"a":2}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := acceptOne(t, base), acceptOne(t, tc.body)
			if a.SameContent(b) != tc.same || b.SameContent(a) != tc.same {
				t.Errorf("SameContent is %t and %t, want %t", a.SameContent(b), b.SameContent(a), tc.same)
			}
		})
	}
}
