package web

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

func TestStreamSocketIsReadByALibraryInEverySizeAndAnswersPings(t *testing.T) {
	t.Parallel()
	s := startService(t)
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.base, "http")+apiPath+"/events/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(liveTime))
	pings, pong := 0, ""
	conn.SetPingHandler(func(string) error { pings++; return nil })
	conn.SetPongHandler(func(data string) error { pong = data; return nil })
	// The answer comes between frames, whatever is on its way.
	if err := conn.WriteControl(websocket.PingMessage, []byte("still there?"), time.Now().Add(liveTime)); err != nil {
		t.Fatal(err)
	}
	for i, size := range []int{0, 60 << 10, 70 << 10, 250 << 10} {
		label := strings.Repeat("x", size)
		s.post(apiPath+"/events", `{"type":"face_matched","source":"a","data":{"label":"`+label+`"}}`).want(202)
		for {
			_, b, err := conn.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			m, err := parseTold(b)
			if err != nil {
				t.Fatal(err)
			}
			if m.Heartbeat {
				continue
			}
			if m.Seq != int64(i+1) || !bytes.Contains(b, []byte(`{"label":"`+label+`"}`)) {
				t.Errorf("event %d of %d bytes is %.200s", m.Seq, size, b)
			}
			break
		}
	}
	if pong != "still there?" || pings == 0 {
		t.Errorf("pong %q, and %d pings", pong, pings)
	}
}
