package webhook

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"postern/internal/webhook/send"

	"github.com/valyala/fasthttp"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/webhook/egress"
)

// The two benchmarks post the same signed events through the same kind of
// client to the same kind of receiver: what BenchmarkDelivery takes beyond
// BenchmarkRawPost is what workers, retries and the record of attempts cost.

const benchSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// cheapSink is a receiver that costs as little as one can. It tells when it
// has got n posts.
func cheapSink(b *testing.B, n int) (url string, all <-chan struct{}) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	var got atomic.Int64
	server := &fasthttp.Server{
		NoDefaultServerHeader: true, NoDefaultDate: true, NoDefaultContentType: true,
		Handler: func(*fasthttp.RequestCtx) {
			if got.Add(1) == int64(n) {
				close(done)
			}
		},
	}
	go func() { _ = server.Serve(ln) }()
	b.Cleanup(func() { ln.Close() })
	return "http://" + ln.Addr().String() + "/hook", done
}

// benchEvents makes n events of about 330 bytes.
func benchEvents(b *testing.B, n int) []*event.Event {
	b.Helper()
	events := make([]*event.Event, n)
	at := time.Now().UTC().Truncate(time.Microsecond)
	for i := range events {
		e := &event.Event{ID: event.NewID(), Type: event.FaceMatched, Time: at, Source: "face_pipeline", Camera: "lobby-cam-1",
			Data: fmt.Appendf(nil, `{"identity_id":"abc-%08d","label":"Alice Smith","similarity":0.91,"watchlist":"default","bbox":[412,188,96,`+
				`128],"quality":0.87,"zone":"lobby"}`, i)}
		e.Finalize()
		events[i] = e
	}
	return events
}

// cpu returns the processor time that this process has used so far. On a
// machine that others use too it tells more than the clock.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// measured runs do, which handles b.N events, and reports what it took.
func measured(b *testing.B, do func()) {
	b.Helper()
	b.ReportAllocs()
	before := cpu(b)
	b.ResetTimer()
	do()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

func BenchmarkRawPost(b *testing.B) {
	url, all := cheapSink(b, b.N)
	events := benchEvents(b, b.N)
	c, err := send.NewClient(&delivery.Endpoint{URL: url}, delivery.NewSecrets(benchSecret), egress.NewGuard(loopback.Egress),
		send.NewPayloads(nil, ""), "Postern/1.2.3")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	measured(b, func() {
		var next atomic.Int64
		var posters sync.WaitGroup
		for range delivery.DefaultInFlight {
			posters.Go(func() {
				for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
					if r := c.Send(b.Context(), send.Request{Event: events[i]}); r.Class != delivery.ClassNone {
						b.Errorf("%+v", r)
						return
					}
				}
			})
		}
		posters.Wait()
		<-all
	})
}

// BenchmarkDelivery is one endpoint with everything on record at the end:
// with events from memory, as they come in, and from the log, as after an
// outage.
func BenchmarkDelivery(b *testing.B) {
	for name, history := range map[string]int{"live": 1 << 20, "catch-up": 1} {
		b.Run(name, func(b *testing.B) {
			url, all := cheapSink(b, b.N)
			s := openSiteWith(b, b.TempDir(), nil, store.Options{}, hub.Options{History: history})
			e := s.register(url, benchSecret, "*")
			for events := benchEvents(b, b.N); len(events) > 0; {
				n := min(len(events), 1000)
				if _, err := s.hub.Publish(b.Context(), events[:n]); err != nil {
					b.Fatal(err)
				}
				events = events[n:]
			}
			measured(b, func() {
				s.run()
				<-all
				s.stopWorkers()
			})
			if kept := s.kept(e.ID); kept.Delivered != int64(b.N) || kept.Cursor != int64(b.N) {
				b.Errorf("the store has %+v of %d", kept, b.N)
			}
		})
	}
}
