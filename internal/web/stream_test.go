package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// resume is how a client of an encoding says where it was cut.
func (s *service) resume(encoding string, last told) *program {
	switch {
	case encoding == "sse" && last.Seq%2 == 0:
		return s.follow(encoding, "?after=0", lastEventID, fmt.Sprint(last.Seq))
	case encoding != "websocket" && last.ID != "":
		return s.follow(encoding, "?after_id="+last.ID)
	default:
		return s.follow(encoding, fmt.Sprint("?after=", last.Seq))
	}
}

func TestStreamGoesOnAfterCutsAndARestartWithoutGapOrRepeat(t *testing.T) {
	t.Parallel()
	for _, encoding := range encodings {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var last told
			for life := range 2 {
				s := startServiceIn(t, dir, store.Options{}, nil, func(*Server) {})
				var publishers sync.WaitGroup
				for range 4 {
					publishers.Go(func() {
						for range 40 {
							_, err := s.hub.Publish(context.Background(), []*event.Event{labelled(event.FaceMatched, "a"), labelled(event.LineCrossed, "b")})
							if err != nil && !errors.Is(err, hub.ErrClosed) {
								t.Error(err)
							}
						}
					})
				}
				if life == 1 {
					publishers.Wait()
				}
				p := s.resume(encoding, last)
				for got := 0; life == 0 && got < 200 || life == 1 && last.Seq < s.hub.Head(); got++ {
					if got%45 == 44 {
						p.close()
						p = s.resume(encoding, last)
					}
					m := p.event()
					if m.Seq != last.Seq+1 {
						t.Fatalf("event %d came after %d", m.Seq, last.Seq)
					}
					last = m
				}
				s.stop() // while events are being published, in the first life
				publishers.Wait()
			}
		})
	}
}

func TestStreamBeginsWhereItIsTold(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.publish(event.FaceMatched, 150) // more than the ring holds
	s.publish(event.FaceMatched, 1)
	marked, err := s.hub.At(context.Background(), 151)
	if err != nil {
		t.Fatal(err)
	}
	s.publish(event.FaceMatched, 9)
	for query, first := range map[string]int64{
		"?after=0":                    1,
		"?after=20":                   21,
		"?after_id=" + marked.ID:      152,
		"?since=2020-01-01":           0,
		"?since=2020-01-01T00:00:00Z": 1,
		"?since=" + event.FormatTime(marked.Received): 151,
	} {
		if first == 0 {
			s.get(apiPath + "/events/stream" + query).problem(400)
			continue
		}
		if got := s.follow("ndjson", query).event(); got.Seq != first {
			t.Errorf("%s begins with %d, want %d", query, got.Seq, first)
		}
	}
	if got := s.follow("sse", "?after=3", lastEventID, marked.ID).event(); got.Seq != 152 {
		t.Errorf("after an event's id: %d", got.Seq)
	}
	// Without a place it begins now, and says where that is.
	p := s.follow("ndjson", "")
	if m, err := p.within(liveTime); err != nil || !m.Heartbeat || m.Seq != 160 {
		t.Fatalf("%+v, %v", m, err)
	}
	s.publish(event.FaceMatched, 1)
	if got := p.event(); got.Seq != 161 {
		t.Errorf("got %d", got.Seq)
	}
}

func TestStreamRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.publish(event.FaceMatched, 3)
	for query, says := range map[string]string{
		"after=-1":                              "0 or more",
		"after=x":                               "seq",
		"after=1&after_id=a":                    "more than one start position",
		"after=1&since=x":                       "since",
		"event_type=face":                       "face_detected",
		"limit=5":                               "limit",
		"until=2026-01-01":                      "until",
		"order=asc":                             "order",
		"after_id=a&since=2026-03-19T10:32:15Z": "more than one start position",
	} {
		if p := s.get(apiPath + "/events/stream?" + query).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	s.get(apiPath + "/events/stream?after_id=evt_none").problem(404)
	s.do("GET", apiPath+"/events/stream", "", lastEventID, "evt_none").problem(404)
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.base, "http")+apiPath+"/events/stream?after=x", nil)
	if err == nil || res == nil || res.StatusCode != 400 {
		t.Errorf("a socket with a place that isn't: %v", err)
	}
	s.post(apiPath+"/events", `{"id":"stream","type":"face_matched","source":"a"}`).problem(400)
}

func TestStreamKeepsToItsFilterAndToldPlaceMovesOn(t *testing.T) {
	t.Parallel()
	for _, encoding := range encodings {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			s := startServiceIn(t, t.TempDir(), store.Options{}, nil, func(s *Server) { s.streams.Heartbeat = 20 * time.Millisecond })
			p := s.follow(encoding, "?event_type=line_crossed&camera_id=gate,+7&source=a&q=alice")
			for _, body := range []string{
				`{"type":"face_matched","source":"a","camera_id":"gate, 7","data":{"label":"Alice"}}`,
				`{"type":"line_crossed","source":"b","camera_id":"gate, 7","data":{"label":"Alice"}}`,
				`{"type":"line_crossed","source":"a","camera_id":"gate","data":{"label":"Alice"}}`,
				`{"type":"line_crossed","source":"a","camera_id":"gate, 7","data":{"label":"Bob"}}`,
				`{"type":"line_crossed","source":"a","camera_id":"gate, 7","data":{"label":"Alice"}}`,
			} {
				s.post(apiPath+"/events", body).want(202)
			}
			if m := p.event(); m.Seq != 5 || m.Type != "line_crossed" {
				t.Errorf("got %+v", m)
			}
			// Events outside the filter move the heartbeats' sequence number.
			s.publish(event.FaceMatched, 10)
			for {
				m, err := p.within(liveTime)
				if err != nil || !m.Heartbeat {
					t.Fatalf("%+v, %v", m, err)
				}
				if m.Seq == 15 {
					return
				}
			}
		})
	}
}

func TestStreamSaysWhatRetentionHasRemoved(t *testing.T) {
	t.Parallel()
	for _, encoding := range encodings {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			var past time.Duration
			var mu sync.Mutex
			now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(past) }
			s := startServiceIn(t, t.TempDir(), store.Options{Now: now, Retain: time.Hour}, nil, func(*Server) {})
			s.publish(event.FaceMatched, 40)
			mu.Lock()
			past = 2 * time.Hour
			mu.Unlock()
			s.publish(event.FaceMatched, 5)
			if n, err := s.store.Retain(context.Background()); n != 40 || err != nil {
				t.Fatal(n, err)
			}
			p := s.follow(encoding, "?after=12")
			for {
				m, err := p.within(liveTime)
				if err != nil {
					t.Fatal(err)
				}
				if m.Heartbeat {
					continue
				}
				if m.Missed != 28 || m.Seq != 40 {
					t.Fatalf("got %+v, want 28 missed through 40", m)
				}
				break
			}
			if m := p.event(); m.Seq != 41 {
				t.Errorf("then came %d", m.Seq)
			}
		})
	}
}

func TestStoppingTellsStreamsToComeBack(t *testing.T) {
	t.Parallel()
	for _, encoding := range encodings {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			s := startService(t)
			s.publish(event.FaceMatched, 1)
			p := s.follow(encoding, "?after=0")
			p.event()
			ended := make(chan struct{})
			go func() { s.stop(); close(ended) }()
			m, err := p.within(liveTime)
			if err != nil || m.Seq != 1 || !strings.Contains(m.End, "Connect again") {
				t.Fatalf("%+v, %v", m, err)
			}
			_, err = p.within(liveTime)
			if encoding == "websocket" && !websocket.IsCloseError(err, websocket.CloseServiceRestart) || encoding != "websocket" && err != io.EOF {
				t.Errorf("ended with %v", err)
			}
			<-ended
		})
	}
}

func TestStreamSpeaksEachClientsHTTP(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for accept, want := range map[string]string{
		"":                                    typeNDJSON,
		"*/*":                                 typeNDJSON,
		"application/json":                    typeNDJSON,
		"application/x-ndjson":                typeNDJSON,
		"text/event-stream":                   typeSSE,
		"text/event-stream, */*;q=0.1":        typeSSE,
		"text/html,application/xml,*/*;q=0.8": typeNDJSON,
	} {
		a := s.do("HEAD", apiPath+"/events/stream", "", "Accept", accept).want(200)
		if got := a.header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q: %s", accept, got)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", s.base+apiPath+"/events/stream", nil)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
		res.Header.Get("X-Accel-Buffering") != "no" || len(res.TransferEncoding) != 1 {
		t.Errorf("headers %v %v", res.Header, res.TransferEncoding)
	}
	// HTTP/1.0 has no chunks.
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(liveTime))
	fmt.Fprintf(conn, "GET %s/events/stream HTTP/1.0\r\nHost: localhost\r\n\r\n", apiPath)
	var got strings.Builder
	for b := make([]byte, 512); !strings.Contains(got.String(), `{"seq":0,"heartbeat":true}`); {
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err, got.String())
		}
		got.Write(b[:n])
	}
	if strings.Contains(strings.ToLower(got.String()), "chunked") {
		t.Errorf("HTTP/1.0 got %s", got.String())
	}
}
