package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/posterntest"
	"postern/internal/store"
	"postern/internal/web/stream"
)

func TestSlowStreamGetsEverythingAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for _, encoding := range encodings {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			s := startService(t)
			slow := s.follow(encoding, "?after=0")
			// Far more than sockets and the ring hold.
			e := labelled(event.FaceMatched, strings.Repeat("x", 60<<10))
			for range 300 {
				one := *e
				one.ID = event.NewID()
				one.Finalize()
				if _, err := s.hub.Publish(context.Background(), []*event.Event{&one}); err != nil {
					t.Fatal(err)
				}
			}
			for seq := int64(1); seq <= 300; seq++ {
				if m := slow.event(); m.Seq != seq {
					t.Fatalf("event %d came, want %d", m.Seq, seq)
				}
			}
		})
	}
}

// silent opens a stream and reads nothing from it.
func (s *service) silent(encoding string) net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	upgrade := ""
	switch encoding {
	case "websocket":
		upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	case "sse":
		upgrade = "Accept: text/event-stream\r\n"
	}
	if _, err := fmt.Fprintf(conn, "GET %s/events/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n%s\r\n", apiPath, upgrade); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

func (s *service) openStreams() int { return s.server.streams.Open() }

func TestStreamThatTakesNothingIsCut(t *testing.T) {
	t.Parallel()
	for _, encoding := range encodings {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			s := startServiceIn(t, t.TempDir(), store.Options{}, nil, func(s *Server) { s.streams.WriteTimeout = 200 * time.Millisecond })
			s.silent(encoding)
			until(t, "a stream", func() bool { return s.openStreams() == 1 })
			for range 40 { // 10 MB
				s.post(apiPath+"/events", `{"type":"face_matched","source":"a","data":{"x":"`+strings.Repeat("x", 250<<10)+`"}}`).want(202)
			}
			until(t, "it is cut", func() bool { return s.openStreams() == 0 })
		})
	}
}

func TestStoppingDoesNotWaitForAStreamThatTakesNothing(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, encoding := range encodings {
		s.silent(encoding)
	}
	until(t, "three streams", func() bool { return s.openStreams() == 3 })
	for range 40 {
		s.post(apiPath+"/events", `{"type":"face_matched","source":"a","data":{"x":"`+strings.Repeat("x", 250<<10)+`"}}`).want(202)
	}
	began := time.Now()
	s.stop()
	if d := time.Since(began); d > s.server.streams.WriteTimeout/2 {
		t.Errorf("it took %s", d)
	}
}

func TestStreamEndsAsSoonAsItsClientLeaves(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, encoding := range encodings {
		p := s.follow(encoding, "")
		if _, err := p.within(liveTime); err != nil {
			t.Fatal(err)
		}
		p.close() // nothing is published: no write would find it out
		until(t, encoding+" ends", func() bool { return s.openStreams() == 0 })
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := startServiceIn(t, t.TempDir(), store.Options{}, nil, func(s *Server) { s.streams.Limit = 2 })
	s.follow("ndjson", "")
	p := s.follow("websocket", "")
	until(t, "two streams", func() bool { return s.openStreams() == 2 })
	a := s.get(apiPath + "/events/stream")
	if a.problem(503); a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	p.close()
	until(t, "one stream", func() bool { return s.openStreams() == 1 })
	s.follow("sse", "").close()
}

// Clients that are refused are counted, and fill no log.
func TestRefusedStreamsAndLivePages_are_logged_once(t *testing.T) {
	t.Parallel()
	log := new(logBuffer)
	s := startServiceIn(t, t.TempDir(), store.Options{}, func(*posterntest.Postern) Options {
		return Options{Logger: slog.New(slog.NewTextHandler(log, nil))}
	}, func(s *Server) { s.streams.Limit, s.live.Limit = 1, 1 })
	s.follow("ndjson", "")
	s.watch("")
	until(t, "both are open", func() bool { return s.openStreams() == 1 && s.server.live.Open() == 1 })
	const refused = 40
	for range refused {
		if a := s.get(apiPath + "/events/stream").want(503); a.header.Get("Retry-After") != "10" {
			t.Fatalf("a stream: %v", a.header)
		}
		if _, res, err := s.dial("", nil); err == nil || res == nil || res.StatusCode != 503 || res.Header.Get("Retry-After") != "10" {
			t.Fatalf("a live page: %v, %v", res, err)
		}
	}
	for _, message := range []string{"streams refused: too many are open", "live pages refused: too many are open"} {
		if text := log.text(); strings.Count(text, message) != 1 || strings.Count(text, "level=WARN") != 2 || strings.Contains(text, "ERROR") {
			t.Errorf("the log has %s", text)
		}
	}
	s.get("/metrics").says(fmt.Sprintf("postern_streams_refused_total %d\n", refused),
		fmt.Sprintf("postern_live_sockets_refused_total %d\n", refused))
}

func TestAThousandStreamsFollow(t *testing.T) {
	t.Parallel()
	s := startService(t)
	programs := make([]*program, stream.DefaultLimit)
	for i := range programs {
		programs[i] = s.follow("ndjson", "")
	}
	s.publish(event.WatchlistAlert, 3)
	for _, p := range programs {
		for seq := int64(1); seq <= 3; seq++ {
			if m := p.event(); m.Seq != seq {
				t.Fatalf("event %d, want %d", m.Seq, seq)
			}
		}
	}
}
