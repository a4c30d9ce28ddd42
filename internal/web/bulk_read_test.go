package web

import (
	"net/http"
	"testing"

	"postern/internal/event"
	"postern/internal/hubtest"
	"postern/internal/web/bulkread"
)

// Exports, and streams that read the past, wait for a slot. Producers and
// streams of new events don't.
func TestReadersOfThePastWaitForASlot(t *testing.T) {
	t.Parallel()
	s := startService(t)
	hubtest.FillWithLarge(t, s.hub) // more than the ring holds
	p := s.server.bulk
	release := make(chan struct{})
	for range p.Free() {
		go p.Do(t.Context(), bulkread.Export, func() error { <-release; return nil })
	}
	until(t, "no slot is free", func() bool { return p.Free() == 0 })
	exported := make(chan *answer, 1)
	go func() { exported <- s.send(s.request(http.MethodGet, apiPath+"/events/export", "")) }()
	past := s.follow("ndjson", "?after=0")
	if m, err := past.within(liveTime); err != nil || !m.Heartbeat {
		t.Fatalf("%+v %v", m, err)
	}
	until(t, "both wait", func() bool {
		return p.Waiting(bulkread.Export) == 1 && p.Waiting(bulkread.Stream) == 1
	})
	live := s.follow("ndjson", "")
	if m, err := live.within(liveTime); err != nil || !m.Heartbeat {
		t.Fatalf("%+v %v", m, err)
	}
	s.publish(event.FaceMatched, 1)
	if m := live.event(); m.Seq != s.hub.Head() {
		t.Errorf("a live stream got %+v", m)
	}
	select {
	case a := <-exported:
		t.Errorf("an export without a slot is answered %d", a.status)
	default:
	}
	close(release)
	if m := past.event(); m.Seq != 1 {
		t.Errorf("a stream of the past got %+v", m)
	}
	if a := <-exported; a.status != http.StatusOK || len(a.body) < 250*120<<10 {
		t.Errorf("the export is answered %d with %d bytes", a.status, len(a.body))
	}
}
