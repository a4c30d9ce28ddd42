package alert_test

import (
	"testing"

	"postern/internal/alert"
	"postern/internal/event"
)

func TestCause(t *testing.T) {
	for name, test := range map[string]struct {
		e    event.Event
		want alert.Cause
	}{
		"a person": {event.Event{Type: event.WatchlistAlert, Camera: "lobby", Data: []byte(`{"identity_id":"abc-123"}`)},
			alert.Cause{Type: event.WatchlistAlert, Kind: alert.CauseIdentity, Key: "abc-123"}},
		"a person whose id is a number": {event.Event{Type: event.WatchlistAlert, Data: []byte(`{"identity_id":17}`)},
			alert.Cause{Type: event.WatchlistAlert, Kind: alert.CauseIdentity, Key: "17"}},
		"a camera": {event.Event{Type: event.LivenessFailed, Camera: "gate", Source: "liveness", Data: []byte(`{"session_id":"lv-1"}`)},
			alert.Cause{Type: event.LivenessFailed, Kind: alert.CauseCamera, Key: "gate"}},
		"a track of one camera": {event.Event{Type: event.WatchlistAlert, Camera: "gate", Data: []byte(`{"track_id":"trk-1"}`)},
			alert.Cause{Type: event.WatchlistAlert, Kind: alert.CauseCamera, Key: "gate"}},
		"a module": {event.Event{Type: event.SystemError, Source: "video", Data: []byte(`{}`)},
			alert.Cause{Type: event.SystemError, Kind: alert.CauseSource, Key: "video"}},
		"an announcement": {event.Event{Type: event.SystemError, Source: event.OwnSource,
			Data: []byte(`{"kind":"webhook_failing","webhook_id":"we_1"}`)},
			alert.Cause{Type: event.SystemError, Kind: alert.CauseAnnouncement, Key: "webhook_failing"}},
		"a producer's data that looks like an announcement": {event.Event{Type: event.SystemError, Source: "video", Camera: "gate",
			Data: []byte(`{"kind":"webhook_failing"}`)}, alert.Cause{Type: event.SystemError, Kind: alert.CauseCamera, Key: "gate"}},
		"an erased event": {event.Event{Type: event.WatchlistAlert, Camera: "lobby", Data: []byte(`{"erased":"2026-03-19T10:32:15Z"}`)},
			alert.Cause{Type: event.WatchlistAlert, Kind: alert.CauseCamera, Key: "lobby"}},
	} {
		if got := alert.CauseOf(&test.e); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
