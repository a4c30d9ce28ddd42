package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// maxEvents is the number of different events that a sink can distinguish.
const maxEvents = 1 << 26

// sink is a receiver that answers 200 and uses as little processor time as possible.
// It checks that each event arrives, and counts repeated arrivals.
type sink struct {
	ln    net.Listener
	url   string
	seen  []atomic.Uint32 // a bit for each number
	got   atomic.Int64    // different events
	again atomic.Int64    // repeated arrivals
	other atomic.Int64    // requests without an event of this program
	last  atomic.Int64    // when the newest event arrived, in Unix nanoseconds

	timed    atomic.Bool
	mu       sync.Mutex
	latency  []float64 // in milliseconds, while timed
	hang     atomic.Bool
	unhanged chan struct{}
}

func newSink() (*sink, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{ln: ln, url: "http://" + ln.Addr().String() + "/hook", seen: make([]atomic.Uint32, maxEvents/32), unhanged: make(chan struct{})}
	server := &fasthttp.Server{
		NoDefaultServerHeader: true, NoDefaultDate: true, NoDefaultContentType: true,
		Concurrency: 1 << 16, Handler: s.take,
	}
	go func() { _ = server.Serve(ln) }()
	return s, nil
}

func (s *sink) close() {
	s.release()
	_ = s.ln.Close()
}

// release answers the requests that hang.
func (s *sink) release() {
	if s.hang.CompareAndSwap(true, false) {
		close(s.unhanged)
	}
}

func (s *sink) take(c *fasthttp.RequestCtx) {
	if s.hang.Load() {
		<-s.unhanged
	}
	n, sent, ok := readStamp(c.PostBody())
	if !ok || n >= maxEvents {
		s.other.Add(1)
		return
	}
	now := time.Now().UnixNano()
	if bit := uint32(1) << (n % 32); s.seen[n/32].Or(bit)&bit != 0 {
		s.again.Add(1)
		return
	}
	if s.timed.Load() {
		s.mu.Lock()
		s.latency = append(s.latency, float64(now-sent)/1e6)
		s.mu.Unlock()
	}
	s.last.Store(now)
	s.got.Add(1)
}

// arrivalTimeout is the time without an arrival after which a wait fails.
const arrivalTimeout = 30 * time.Second

// wait returns once n different events have arrived. It fails if no event arrives
// for arrivalTimeout.
func (s *sink) wait(ctx context.Context, n int) error {
	before, since := int64(-1), time.Now()
	for {
		got := s.got.Load()
		switch {
		case got >= int64(n):
			return s.check(n)
		case got != before:
			before, since = got, time.Now()
		case time.Since(since) > arrivalTimeout:
			return fmt.Errorf("%d of %d events came, and then none for %v", got, n, arrivalTimeout)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// check returns an error unless exactly the events that were sent have arrived.
func (s *sink) check(n int) error {
	if got := s.got.Load(); got != int64(n) {
		return fmt.Errorf("%d events came, and %d were sent", got, n)
	}
	return nil
}

// latencies returns the latencies of the events that arrived since timed was set.
func (s *sink) latencies() []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]float64(nil), s.latency...)
}
