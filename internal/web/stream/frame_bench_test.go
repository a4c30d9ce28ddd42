package stream

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/fasthttp/websocket"

	"postern/internal/event"
)

// benchSockets connects n websockets over the loopback interface. Their clients
// count the messages with received, and discard them.
func benchSockets(b *testing.B, n int, received func()) (sockets []*websocket.Conn) {
	b.Helper()
	upgraded := make(chan *websocket.Conn)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			b.Error(err)
		}
		upgraded <- conn
	}))
	b.Cleanup(server.Close)
	var clients sync.WaitGroup
	b.Cleanup(clients.Wait)
	for range n {
		client, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = client.Close() })
		clients.Go(func() {
			for {
				if _, _, err := client.NextReader(); err != nil {
					return
				}
				received()
			}
		})
		sockets = append(sockets, <-upgraded)
	}
	return sockets
}

// BenchmarkSocketBurst sends a burst of events to two hundred websockets, until
// the clients have all of them. It compares this package's frames with the
// library's PreparedMessage, of which each event has one for all sockets.
func BenchmarkSocketBurst(b *testing.B) {
	const many = 200
	var received sync.WaitGroup
	sockets := benchSockets(b, many, received.Done)
	for _, burst := range []int{1, batchEvents} {
		events := make([]*event.Event, burst)
		for i := range events {
			events[i] = typical(fmt.Sprint("Alice ", i))
			events[i].Seq = int64(12345 + i)
		}
		// run sends bursts: each socket's goroutine calls its send once a burst.
		run := func(name string, prepare func(), send []func() error) {
			b.Run(fmt.Sprintf("%d events/%s", burst, name), func(b *testing.B) {
				var senders sync.WaitGroup
				begin := make([]chan struct{}, many)
				for i := range send {
					begin[i] = make(chan struct{}, 1)
					senders.Go(func() {
						for range begin[i] {
							if err := send[i](); err != nil {
								b.Error(err)
							}
						}
					})
				}
				b.ReportAllocs()
				for b.Loop() {
					received.Add(many * burst)
					prepare()
					for _, ch := range begin {
						ch <- struct{}{}
					}
					received.Wait()
				}
				b.ReportMetric(float64(many*burst*b.N)/b.Elapsed().Seconds(), "messages/s")
				for _, ch := range begin {
					close(ch)
				}
				senders.Wait()
			})
		}

		framed := make([]func() error, many)
		for i, conn := range sockets {
			out := &writer{conn: conn.NetConn(), timeout: writeTimeout, maxWrite: math.MaxInt, encode: appendFrame}
			framed[i] = func() error {
				for _, e := range events {
					if err := out.event(e); err != nil {
						return err
					}
				}
				return out.flush()
			}
		}
		run("frames", func() {}, framed)

		prepared := make([]*websocket.PreparedMessage, burst)
		written := make([]func() error, many)
		for i, conn := range sockets {
			written[i] = func() error {
				for _, message := range prepared {
					if err := conn.WritePreparedMessage(message); err != nil {
						return err
					}
				}
				return nil
			}
		}
		run("prepared", func() {
			for i, e := range events {
				var err error
				text := append(fmt.Appendf(nil, `{"seq":%d,`, e.Seq), e.JSON()[1:]...)
				if prepared[i], err = websocket.NewPreparedMessage(websocket.TextMessage, text); err != nil {
					b.Fatal(err)
				}
			}
		}, written)
	}
}
