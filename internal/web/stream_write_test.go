package web

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// tap is a client's connection that takes everything at once.
type tap struct {
	net.Conn
	wrote func([]byte)
}

func (c *tap) Write(b []byte) (int, error)      { c.wrote(b); return len(b), nil }
func (c *tap) SetWriteDeadline(time.Time) error { return nil }

// outs are the three encodings' ways out.
func outs(conn net.Conn) map[string]*streamOut {
	return map[string]*streamOut{
		"ndjson":    {conn: conn, patience: streamPatience, piece: streamPieceBytes, chunked: true, encode: appendLine},
		"sse":       {conn: conn, patience: streamPatience, piece: streamPieceBytes, chunked: true, encode: appendSSE},
		"websocket": {conn: conn, patience: streamPatience, piece: math.MaxInt, encode: appendFrame},
	}
}

// typical is an event of about 330 bytes of JSON.
func typical(label string) *event.Event {
	return labelled(event.FaceMatched, label+strings.Repeat(" of the night shift", 9))
}

// filled is a hub that holds n events, and nobody else's work.
func filled(t testing.TB, n int) *hub.Hub {
	t.Helper()
	ctx := context.Background()
	j, err := store.Open(ctx, t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	h, err := hub.New(ctx, j, hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = typical(fmt.Sprint("Alice ", i))
	}
	if _, err := h.Publish(ctx, events); err != nil {
		t.Fatal(err)
	}
	return h
}

// Sending costs no allocation: what a thousand streams would allocate for each
// event, the collector would have to find again.
func TestBudgetStreamSend(t *testing.T) {
	const runs = 50
	// Without the race detector there are none at all. With it the pool drops
	// a fourth of the buffers on purpose, and a new one grows in four steps.
	const most = 2
	h := filled(t, (runs+2)*streamEvents)
	writes := 0
	for name, out := range outs(&tap{wrote: func([]byte) { writes++ }}) {
		e := typical("Alice")
		e.Seq = 12345
		if n := testing.AllocsPerRun(runs, func() {
			if out.event(e) != nil || out.flush() != nil {
				t.Fatal("not written")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for a message", name, n)
		}
		f := &follower{streams: newStreams(h, newBulkPace(h.Head), nil), sub: h.Subscribe(event.Filter{}, 0, hub.Durable), out: out}
		writes = 0
		if n := testing.AllocsPerRun(runs, func() {
			if more, _, err := f.pass(t.Context()); err != nil || !more {
				t.Fatal(more, err)
			}
		}); n > most {
			t.Errorf("%s: %v allocations for %d messages, want at most %d", name, n, streamEvents, most)
		}
		if at := f.sub.Position(); at != (runs+1)*streamEvents || writes != runs+1 {
			t.Errorf("%s: %d writes for %d messages, want one for each %d", name, writes, at, streamEvents)
		}
		f.sub.Close()
	}
}

func TestFramesAreTheWebsocketStandards(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 125, 126, math.MaxUint16, math.MaxUint16 + 1} {
		payload := bytes.Repeat([]byte("x"), n)
		b := appendFrame([]byte("before"), eventMessage, 8, payload[:n/2], payload[n/2:])[len("before"):]
		size, head := int(b[1]), 2
		switch size {
		case 126:
			size, head = int(binary.BigEndian.Uint16(b[2:])), 4
		case 127:
			size, head = int(binary.BigEndian.Uint64(b[2:])), 10
		}
		if b[0] != 0x81 || size != n || !bytes.Equal(b[head:], payload) {
			t.Errorf("%d bytes: %x", n, b[:head])
		}
	}
}

func TestStreamSocketIsReadByALibraryInEverySizeAndAnswersPings(t *testing.T) {
	t.Parallel()
	s := startService(t)
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.base, "http")+api+"/events/stream", nil)
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
		s.post(api+"/events", `{"type":"face_matched","source":"a","data":{"label":"`+label+`"}}`).want(202)
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

// What was read for a slow client before an erasure is not sent after it.
func TestAnErasureReachesWhatWaitsForASlowStream(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]event.Filter{"erased": {}, "erased and no match any more": {Text: "Alice"}, "erased and gone": {}} {
		for encoding := range outs(nil) {
			t.Run(name+" "+encoding, func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				var past time.Duration
				now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(past) }
				s := startServiceIn(t, t.TempDir(), store.Options{Now: now, Retain: time.Hour}, nil, func(s *Server) { s.streams.beat = 20 * time.Millisecond })
				pad := strings.Repeat("x", streamPieceBytes) // a write for each
				for range 4 {
					s.post(api+"/events", `{"type":"face_matched","source":"a","data":{"identity_id":"77","label":"Alice","pad":"`+pad+`"}}`).want(202)
				}
				ctx, end := context.WithCancelCause(t.Context())
				defer time.AfterFunc(liveTime, func() { end(errNothingCame) }).Stop()
				var got bytes.Buffer
				conn := &tap{wrote: func(b []byte) {
					before := strings.Contains(got.String(), "Alice")
					got.Write(b)
					if before && bytes.Contains(b, []byte("heartbeat")) {
						end(errStreamLeft) // it has looked at all there was
					}
					if before || !strings.Contains(got.String(), "Alice") {
						return
					}
					// While the first is on its way.
					_, done, err := s.store.Erase(ctx, "77")
					if err != nil {
						t.Error(err)
						return
					}
					<-done
					if name == "erased and gone" {
						mu.Lock()
						past = 2 * time.Hour
						mu.Unlock()
						s.publish(event.LineCrossed, 1)
						if n, err := s.store.Retain(ctx); n != 4 || err != nil {
							t.Error(n, err)
						}
					}
				}}
				_ = s.server.streams.follow(ctx, place{filter: filter}, outs(conn)[encoding])
				said := got.String()
				if n := strings.Count(said, "Alice"); n != 1 {
					t.Errorf("%d events say who it was", n)
				}
				want := map[string][2]int{"erased": {3, 0}, "erased and no match any more": {0, 0}, "erased and gone": {0, 3}}[name]
				if erased, missed := strings.Count(said, `"erased"`), strings.Count(said, `"missed":1}`); erased != want[0] || missed != want[1] {
					t.Errorf("%d erased and %d missed, want %v", erased, missed, want)
				}
			})
		}
	}
}

func BenchmarkStreamMessage(b *testing.B) {
	for name, out := range outs(&tap{wrote: func([]byte) {}}) {
		b.Run(name, func(b *testing.B) {
			e := typical("Alice")
			e.Seq = 12345
			b.ReportAllocs()
			for b.Loop() {
				if err := errors.Join(out.event(e), out.flush()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStreamWake is one event to a hundred streams: waking each, and what
// each does but for the system's part. Its time is mostly streamRest; what
// counts is what is allocated, all of it by the event's arrival.
func BenchmarkStreamWake(b *testing.B) {
	const many = 100
	h := filled(b, 1)
	s := newStreams(h, newBulkPace(h.Head), nil)
	ctx, end := context.WithCancelCause(context.Background())
	var streams, written sync.WaitGroup
	written.Add(many) // the first heartbeats
	for range many {
		streams.Go(func() {
			_ = s.follow(ctx, place{after: 1}, outs(&tap{wrote: func([]byte) { written.Done() }})["websocket"])
		})
	}
	written.Wait()
	b.ReportAllocs()
	for b.Loop() {
		written.Add(many)
		if _, err := h.Publish(ctx, []*event.Event{typical("Alice")}); err != nil {
			b.Fatal(err)
		}
		written.Wait()
	}
	end(errStreamLeft)
	streams.Wait()
}
