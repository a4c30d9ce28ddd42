package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// poster is a connection that posts one body again and again. It uses as little
// processor time as possible, to leave it to the measured process.
type poster struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte // the request
	body []byte // the part of it that is the body
}

func newPoster(addr, path, contentType string, body []byte) (*poster, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	out := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, addr,
		contentType, len(body))
	out = append(out, body...)
	return &poster{conn: conn, in: bufio.NewReader(conn), out: out, body: out[len(out)-len(body):]}, nil
}

// post sends the present body and returns the status of the answer.
func (p *poster) post() (int, error) {
	if _, err := p.conn.Write(p.out); err != nil {
		return 0, err
	}
	line, err := p.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("an answer begins with %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length := 0
	for {
		line, err := p.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if name := []byte("content-length:"); len(line) > len(name) && bytes.EqualFold(line[:len(name)], name) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return 0, err
			}
		}
	}
	_, err = p.in.Discard(length)
	return status, err
}

// load is the result of several posters.
type load struct {
	events int           // accepted
	took   time.Duration // from the first request to the last answer
}

func (l load) rate() float64 { return float64(l.events) / l.took.Seconds() }

// source assigns the events' numbers, each once a run.
type source struct{ next atomic.Int64 }

func (s *source) take(n int) (first int) { return int(s.next.Add(int64(n))) - n }

const eventsPath = "/api/v1/events"

// sent posts the present body. It fails if the body is refused.
func (p *poster) sent() error {
	status, err := p.post()
	if err == nil && status != http.StatusAccepted {
		err = fmt.Errorf("%s answered %d", eventsPath, status)
	}
	return err
}

// closedLoop posts batch events a request on each connection, the next request after
// the answer to the last, until more returns false.
func closedLoop(ctx context.Context, addr string, connections, batch int, numbers *source, more func() bool) (load, error) {
	contentType := "application/json"
	body := newEvent()
	if batch > 1 {
		contentType = "application/x-ndjson"
		body = bytes.Repeat(append(body, '\n'), batch)
	}
	size := len(body) / batch
	var sent atomic.Int64
	begun := time.Now()
	err := together(connections, func(int) error {
		p, err := newPoster(addr, eventsPath, contentType, body)
		if err != nil {
			return err
		}
		defer p.conn.Close()
		for ctx.Err() == nil && more() {
			first := numbers.take(batch)
			for i := range batch {
				stampNumber(p.body[i*size:(i+1)*size], first+i)
			}
			if err := p.sent(); err != nil {
				return err
			}
			sent.Add(int64(batch))
		}
		return nil
	})
	return load{events: int(sent.Load()), took: time.Since(begun)}, errors.Join(err, ctx.Err())
}

// flood is closedLoop for a time.
func flood(ctx context.Context, addr string, connections, batch int, numbers *source, long time.Duration) (load, error) {
	end := time.Now().Add(long)
	return closedLoop(ctx, addr, connections, batch, numbers, func() bool { return time.Now().Before(end) })
}

// fillBatch is the number of events in a request of fill.
const fillBatch = 1000

// fill sends n events, a multiple of fillBatch, as fast as possible.
func fill(ctx context.Context, addr string, numbers *source, n int) error {
	var requests atomic.Int64
	l, err := closedLoop(ctx, addr, 4, fillBatch, numbers, func() bool { return requests.Add(1) <= int64(n/fillBatch) })
	if err == nil && l.events != n {
		err = fmt.Errorf("sent %d events, not %d", l.events, n)
	}
	return err
}

// openLoop sends events at a constant rate, without waiting for answers. An event
// that waits for a connection is late, and the delay counts: each event carries the
// time at which it was due.
func openLoop(ctx context.Context, addr string, connections, rate int, numbers *source, long time.Duration) (load, error) {
	return openLoopAnswered(ctx, addr, connections, rate, numbers, long, func(time.Time) {})
}

// openLoopAnswered is openLoop with a call of answered for each answer, with the time
// at which the event was due. Each connection calls it from its own goroutine.
func openLoopAnswered(ctx context.Context, addr string, connections, rate int, numbers *source, long time.Duration,
	answered func(due time.Time)) (load, error) {
	n := int(long.Seconds() * float64(rate))
	due := make(chan time.Time, n)
	begun := time.Now()
	go pace(ctx, begun, rate, n, due)
	var sent atomic.Int64
	err := together(connections, func(int) error {
		p, err := newPoster(addr, eventsPath, "application/json", newEvent())
		if err != nil {
			return err
		}
		defer p.conn.Close()
		for at := range due {
			stampNumber(p.body, numbers.take(1))
			stampSent(p.body, at)
			if err := p.sent(); err != nil {
				return err
			}
			sent.Add(1)
			answered(at)
		}
		return nil
	})
	return load{events: int(sent.Load()), took: time.Since(begun)}, errors.Join(err, ctx.Err())
}

// pace sends to due the time at which each of n events is due.
func pace(ctx context.Context, begun time.Time, rate, n int, due chan<- time.Time) {
	defer close(due)
	for i := range n {
		at := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if wait := time.Until(at); wait > 0 {
			sleep(wait)
		}
		if ctx.Err() != nil {
			return
		}
		due <- at
	}
}

// together runs do n times at once and returns the first error.
func together(n int, do func(i int) error) error {
	var all sync.WaitGroup
	failed := make(chan error, n)
	for i := range n {
		all.Go(func() {
			if err := do(i); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	close(failed)
	if err := <-failed; err != nil && !errors.Is(err, io.EOF) {
		return err
	} else if err != nil {
		return errors.New("the connection was closed")
	}
	return nil
}
