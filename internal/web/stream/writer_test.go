package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/hub"
	"postern/internal/hubtest"
	"postern/internal/store"
	"postern/internal/web/bulkread"
)

// testTimeout bounds every wait of the tests.
const testTimeout = 10 * time.Second

var errNothingArrived = errors.New("nothing arrived")

// tap is a client's connection that takes everything at once.
type tap struct {
	net.Conn
	wrote func([]byte)
}

func (c *tap) Write(b []byte) (int, error)      { c.wrote(b); return len(b), nil }
func (c *tap) SetWriteDeadline(time.Time) error { return nil }

// outs are the three encodings' ways out.
func outs(conn net.Conn) map[string]*writer {
	return map[string]*writer{
		"ndjson":    {conn: conn, timeout: writeTimeout, maxWrite: bufferBytes, chunked: true, encode: AppendNDJSON},
		"sse":       {conn: conn, timeout: writeTimeout, maxWrite: bufferBytes, chunked: true, encode: AppendSSE},
		"websocket": {conn: conn, timeout: writeTimeout, maxWrite: math.MaxInt, encode: appendFrame},
	}
}

// typical is an event of about 330 bytes of JSON.
func typical(label string) *event.Event {
	return eventtest.New(eventtest.WithType(event.FaceMatched), eventtest.At(time.Now().UTC().Truncate(time.Microsecond)),
		eventtest.WithSource("test"), eventtest.WithData(fmt.Sprintf(`{"label":%q}`, label+strings.Repeat(" of the night shift", 9))))
}

// start opens a store and its hub.
func start(t testing.TB, opts store.Options) (*store.Store, *hub.Hub) {
	t.Helper()
	log := hubtest.Open(t, hubtest.Options{Store: opts})
	return log.Store, log.Hub
}

// filled is a hub that holds n events, and nobody else's work.
func filled(t testing.TB, n int) *hub.Hub {
	t.Helper()
	ctx := context.Background()
	_, h := start(t, store.Options{})
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
	h := filled(t, (runs+2)*batchEvents)
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
		f := &follower{streams: New(h, bulkread.New(h.Head), nil), sub: h.Subscribe(event.Filter{}, 0, hub.Durable), out: out}
		writes = 0
		if n := testing.AllocsPerRun(runs, func() {
			if more, _, err := f.pass(t.Context()); err != nil || !more {
				t.Fatal(more, err)
			}
		}); n > most {
			t.Errorf("%s: %v allocations for %d messages, want at most %d", name, n, batchEvents, most)
		}
		if at := f.sub.Position(); at != (runs+1)*batchEvents || writes != runs+1 {
			t.Errorf("%s: %d writes for %d messages, want one for each %d", name, writes, at, batchEvents)
		}
		f.sub.Close()
	}
}

// Events that were read for a slow client before an erasure are not sent after it.
func TestAnErasureReachesWhatWaitsForASlowStream(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]event.Filter{"erased": {}, "erased and no match any more": {Text: "Alice"}, "erased and gone": {}} {
		for encoding := range outs(nil) {
			t.Run(name+" "+encoding, func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				var past time.Duration
				now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(past) }
				j, h := start(t, store.Options{Now: now, Retain: time.Hour})
				erasing, stop := context.WithCancel(context.Background())
				erased := make(chan error, 1)
				go func() { erased <- j.Erasure.Run(erasing) }()
				defer func() { stop(); <-erased }()
				s := New(h, bulkread.New(h.Head), slog.New(slog.DiscardHandler))
				s.Heartbeat = 20 * time.Millisecond
				publish := func(typ event.Type, data string) {
					e := eventtest.New(eventtest.WithType(typ), eventtest.At(now().UTC().Truncate(time.Microsecond)), eventtest.WithSource("a"),
						eventtest.WithData(data))
					if _, err := h.Publish(t.Context(), []*event.Event{e}); err != nil {
						t.Error(err)
					}
				}
				pad := strings.Repeat("x", bufferBytes) // a write for each
				for range 4 {
					publish(event.FaceMatched, `{"identity_id":"77","label":"Alice","pad":"`+pad+`"}`)
				}
				ctx, end := context.WithCancelCause(t.Context())
				defer time.AfterFunc(testTimeout, func() { end(errNothingArrived) }).Stop()
				var got bytes.Buffer
				conn := &tap{wrote: func(b []byte) {
					before := strings.Contains(got.String(), "Alice")
					got.Write(b)
					if before && bytes.Contains(b, []byte("heartbeat")) {
						end(errLeft) // it has looked at all there was
					}
					if before || !strings.Contains(got.String(), "Alice") {
						return
					}
					// While the first is on its way.
					_, done, err := j.Erasure.Erase(ctx, "77")
					if err != nil {
						t.Error(err)
						return
					}
					<-done
					if name == "erased and gone" {
						mu.Lock()
						past = 2 * time.Hour
						mu.Unlock()
						publish(event.LineCrossed, `{}`)
						if n, err := j.Retain(ctx); n != 4 || err != nil {
							t.Error(n, err)
						}
					}
				}}
				_ = s.follow(ctx, Start{Filter: filter}, outs(conn)[encoding])
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

// BenchmarkStreamWake publishes one event to a hundred streams: each is woken, and
// writes it to a connection that does nothing. Its time is mostly turnInterval. The
// allocations count, all of which are the publication's.
func BenchmarkStreamWake(b *testing.B) {
	const many = 100
	h := filled(b, 1)
	s := New(h, bulkread.New(h.Head), nil)
	ctx, end := context.WithCancelCause(context.Background())
	var streams, written sync.WaitGroup
	written.Add(many) // the first heartbeats
	for range many {
		streams.Go(func() {
			_ = s.follow(ctx, Start{After: 1}, outs(&tap{wrote: func([]byte) { written.Done() }})["websocket"])
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
	end(errLeft)
	streams.Wait()
}
