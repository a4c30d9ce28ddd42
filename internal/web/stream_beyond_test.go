package web

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/event"
)

// A number from another store, such as the one before a restore, must not end
// an EventSource for good, as an error would. The EventSource must not
// reconnect every two seconds either.
func TestStreamThatBeginsBeyondTheNewestEventEndsInOrder(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.publish(event.FaceMatched, 3)
	for _, place := range [][2]string{{"?after=4", ""}, {"?after=9223372036854775807", ""}, {"?after=99999999999999999999999", ""},
		{"", "4"}, {"?after=1", "99999999999999999999"}} {
		var headers []string
		if place[1] != "" {
			headers = []string{lastEventID, place[1]}
		}
		for _, encoding := range encodings {
			p := s.follow(encoding, place[0], headers...)
			m, err := p.within(liveTime)
			if err != nil || m.Seq != 3 || !strings.Contains(m.End, "another store") || !strings.Contains(m.End, "since") {
				t.Errorf("%s %v: %+v, %v", encoding, place, m, err)
			}
			_, err = p.within(liveTime)
			if encoding == "websocket" && !websocket.IsCloseError(err, websocket.CloseTryAgainLater) || encoding != "websocket" &&
				!errors.Is(err, io.EOF) {
				t.Errorf("%s %v: it ends with %v", encoding, place, err)
			}
		}
		res := s.send(s.request("GET", apiPath+"/events/stream"+place[0], "", append(headers, "Accept", typeSSE)...))
		if res.status != http.StatusOK || !strings.HasPrefix(string(res.body),
			"event: end\nretry: 60000\nid: 3\ndata: {\"seq\":3,\"end\":\"") || strings.Contains(string(res.body), "retry: 2000") {
			t.Errorf("%v: %d %s", place, res.status, res.body)
		}
	}
	// A stream from the reported position continues, and so does one from the
	// newest event.
	p := s.follow("sse", "?after=3")
	if m, err := p.within(liveTime); err != nil || !m.Heartbeat {
		t.Errorf("%+v, %v", m, err)
	}
	s.publish(event.FaceMatched, 1)
	if m := p.event(); m.Seq != 4 {
		t.Errorf("%+v", m)
	}
	// No stream is still open.
	p.close()
	for end := time.Now().Add(liveTime); s.server.streams.Open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a stream that has ended is counted")
		}
	}
}
