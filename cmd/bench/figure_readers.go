package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// mostExports is the number of exports that Postern makes at once.
const mostExports = 4

// readersConnect is the time for all readers to connect before the measurement.
const readersConnect = 2 * time.Second

// streamLook is the time between two reads of a stream: a thousand clients that read
// each message by itself would use a whole processor.
const streamLook = 50 * time.Millisecond

// readers measures how long producers wait for their answers while as many clients
// as Postern allows read the history, and how fast these clients read.
func readers(b *bench) ([]row, error) {
	var rows []row
	for _, of := range []struct {
		name string
		read func(ctx context.Context, s *site, got *atomic.Int64) error
	}{
		{fmt.Sprintf("%d exports", mostExports), exporting},
		{fmt.Sprintf("%d streams from the beginning", b.opts.Sockets), b.streaming("?after=0")},
		{fmt.Sprintf("%d live streams", b.opts.Sockets), b.streaming("")},
	} {
		middle := row{Figure: fmt.Sprintf("100 events/s beside %s, p50", of.name), Unit: "ms", Beside: "without them", Goal: goal{Within: 3}}
		late := row{Figure: fmt.Sprintf("100 events/s beside %s, p99", of.name), Unit: "ms", Beside: "without them", Goal: goal{Within: 3}}
		read := row{Figure: of.name + " meanwhile", Unit: "MiB/s"}
		err := b.rounds(func() error {
			quiet, busy, rate, err := b.besideReaders(of.read)
			if err != nil {
				return err
			}
			middle.Limit, middle.Postern = append(middle.Limit, quantile(quiet, 0.5)), append(middle.Postern, quantile(busy, 0.5))
			late.Limit, late.Postern = append(late.Limit, quantile(quiet, 0.99)), append(late.Postern, quantile(busy, 0.99))
			read.Postern = append(read.Postern, rate)
			return nil
		})
		rows = append(rows, middle, late, read)
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// besideReaders returns producers' waits in milliseconds, first without and then with
// readers, and the MiB/s of the readers.
func (b *bench) besideReaders(read func(context.Context, *site, *atomic.Int64) error) (quiet, busy []float64, rate float64, err error) {
	s, err := b.site()
	if err != nil {
		return nil, nil, 0, err
	}
	defer s.end(&err)
	numbers := &source{}
	if err = fill(b.ctx, s.addr, numbers, max(fillBatch, b.opts.Backlog*3/10/fillBatch*fillBatch)); err != nil {
		return nil, nil, 0, err
	}
	if quiet, err = answers(b.ctx, s.addr, numbers, b.opts.Time); err != nil {
		return nil, nil, 0, err
	}
	ctx, stop := context.WithCancel(b.ctx)
	var got atomic.Int64
	ended := make(chan error, 1)
	go func() { ended <- read(ctx, s, &got) }()
	sleep(readersConnect)
	got.Store(0)
	begun := time.Now()
	busy, err = answers(b.ctx, s.addr, numbers, b.opts.Long)
	rate = float64(got.Load()) / (1 << 20) / time.Since(begun).Seconds()
	stop()
	if e := <-ended; err == nil {
		err = e
	}
	return quiet, busy, rate, err
}

// answers returns the waits for the answers to events at a steady rate, in
// milliseconds, each from the time at which the event was due.
func answers(ctx context.Context, addr string, numbers *source, long time.Duration) ([]float64, error) {
	var mu sync.Mutex
	var waits []float64
	_, err := openLoopAnswered(ctx, addr, 8, steadyRate, numbers, long, func(due time.Time) {
		wait := float64(time.Since(due).Microseconds()) / 1e3
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, wait)
	})
	return waits, err
}

// exporting reads exports, one after the other, until ctx ends.
func exporting(ctx context.Context, s *site, got *atomic.Int64) error {
	return together(mostExports, func(int) error {
		for ctx.Err() == nil {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+eventsPath+"/export", nil)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				break
			}
			if res.StatusCode == http.StatusOK {
				_, err = io.Copy(counted{got}, res.Body)
			}
			res.Body.Close()
			if err == nil && res.StatusCode != http.StatusOK && res.StatusCode != http.StatusTooManyRequests {
				return fmt.Errorf("an export is answered %d", res.StatusCode)
			}
		}
		return nil
	})
}

// streaming follows the log with --sockets streams until ctx ends.
func (b *bench) streaming(query string) func(context.Context, *site, *atomic.Int64) error {
	return func(ctx context.Context, s *site, got *atomic.Int64) error {
		return together(b.opts.Sockets, func(int) error {
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				return err
			}
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			if _, err := fmt.Fprintf(conn, "GET %s/stream%s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", eventsPath, query,
				s.addr); err != nil {
				return err
			}
			for buffer := make([]byte, 16<<10); ; time.Sleep(streamLook) {
				n, err := conn.Read(buffer)
				if ctx.Err() != nil {
					return nil
				}
				if err != nil {
					return fmt.Errorf("a stream ended: %w", err)
				}
				got.Add(int64(n))
			}
		})
	}
}

// counted counts the bytes that are written to it.
type counted struct{ n *atomic.Int64 }

func (c counted) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}
