package webhooktest

import (
	"io"
	"log"
	"testing"
	"time"

	"postern/internal/event"
)

// SomeEvent returns an event that was never published.
func SomeEvent(t testing.TB) *event.Event {
	t.Helper()
	events, err := event.Decode([]byte(`{"type": "face_matched", "source": "face_pipeline", "data": {"label": "Alice Smith"}}`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	events[0].Seq = 7
	return events[0]
}

// DiscardLog is for servers whose clients misbehave on purpose.
var DiscardLog = log.New(io.Discard, "", 0)
