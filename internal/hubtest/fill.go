package hubtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/hub"
)

// FillWithLarge publishes 30 MiB of events: more than sockets and the ring hold.
func FillWithLarge(t testing.TB, h *hub.Hub) {
	t.Helper()
	pad := eventtest.WithData(`{"pad":"` + strings.Repeat("x", 120<<10) + `"}`)
	for i := range 10 {
		events := make([]*event.Event, 25)
		for k := range events {
			events[k] = eventtest.New(pad, eventtest.At(time.Now()), eventtest.WithSource("a"), eventtest.WithID(fmt.Sprintf("e%d", i*25+k)))
		}
		if _, err := h.Publish(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
}
