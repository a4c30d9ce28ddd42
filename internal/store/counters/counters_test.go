package counters

import (
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/eventtest"
)

var start = eventtest.Start

func TestCounters_CameraLimit(t *testing.T) {
	t.Parallel()
	c := New(nil, Log{})
	for i := range MaxCameras + 10 {
		c.count(&event.Event{Type: event.FaceMatched, Camera: fmt.Sprint("camera ", i), Seq: int64(i + 1), Received: start})
	}
	if len(c.names) != MaxCameras+1 || c.fresh[counterKey{noCamera, event.FaceMatched}] != 10 {
		t.Errorf("%d cameras are known, %d events have none", len(c.names)-1, c.fresh[counterKey{noCamera, event.FaceMatched}])
	}
}

// Minutes of removed segments are kept for a day.
func TestCounters_KeepRemoved_dropsOldMinutes(t *testing.T) {
	t.Parallel()
	c := New(nil, Log{})
	for hour := range 60 {
		at := start.Add(time.Duration(hour) * time.Hour)
		for minute := range 60 {
			received := at.Add(time.Duration(minute) * time.Minute)
			c.Count(0, &event.Event{Type: event.FaceMatched, Seq: int64(60*hour + minute + 1), Received: received})
		}
		s := c.CompleteSegment()
		c.Unload(s)
		c.KeepRemoved(s)
	}
	if len(c.removed) > MinutesKept {
		t.Errorf("%d minutes of removed segments are kept, want at most %d", len(c.removed), MinutesKept)
	}
	if len(c.removed) < 24*60 {
		t.Errorf("%d minutes of removed segments are kept, want a day at least", len(c.removed))
	}
}
