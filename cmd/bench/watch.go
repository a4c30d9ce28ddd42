package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"sync/atomic"
	"time"
)

// watcher reads a websocket with as little processor time as possible, and checks
// that each event of a new log arrives once and in order.
type watcher struct {
	conn    net.Conn
	in      *bufio.Reader
	latency []float32
	got     atomic.Int64
	failed  atomic.Pointer[string]
}

func watch(addr, path string) (*watcher, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &watcher{conn: conn, in: bufio.NewReaderSize(conn, 2048)}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, addr); err != nil {
		return nil, err
	}
	lines := textproto.NewReader(w.in)
	first, err := lines.ReadLine()
	if err != nil {
		return nil, err
	}
	if _, err := lines.ReadMIMEHeader(); err != nil {
		return nil, err
	}
	if len(first) < 12 || first[9:12] != "101" {
		return nil, fmt.Errorf("%s answered %q", path, first)
	}
	return w, nil
}

// run reads until the connection ends.
func (w *watcher) run() {
	body := make([]byte, 0, 2048)
	for {
		opcode, payload, err := w.frame(body)
		if err != nil {
			return
		}
		if opcode != 1 {
			continue // a ping; the socket closes long before the pong is due
		}
		_, sent, ok := readStamp(payload)
		if !ok {
			continue // a heartbeat
		}
		if due := strconv.AppendInt([]byte(`{"seq":`), w.got.Load()+1, 10); !bytes.HasPrefix(payload, due) {
			said := fmt.Sprintf("%.40s... came where %s was due", payload, due)
			w.failed.CompareAndSwap(nil, &said)
		}
		if sent != 0 {
			w.latency = append(w.latency, float32(time.Now().UnixNano()-sent)/1e6)
		}
		w.got.Add(1)
	}
}

// frame reads one unmasked frame.
func (w *watcher) frame(into []byte) (opcode byte, payload []byte, err error) {
	var head [10]byte
	if _, err := io.ReadFull(w.in, head[:2]); err != nil {
		return 0, nil, err
	}
	length := int(head[1])
	switch length {
	case 126:
		if _, err := io.ReadFull(w.in, head[2:4]); err != nil {
			return 0, nil, err
		}
		length = int(binary.BigEndian.Uint16(head[2:4]))
	case 127:
		if _, err := io.ReadFull(w.in, head[2:10]); err != nil {
			return 0, nil, err
		}
		length = int(binary.BigEndian.Uint64(head[2:10]))
	}
	if length > cap(into) {
		into = make([]byte, length)
	}
	_, err = io.ReadFull(w.in, into[:length])
	return head[0] & 15, into[:length], err
}

// audience is many watchers of one address.
type audience []*watcher

func gather(addr, path string, n int) (audience, error) {
	all := make(audience, n)
	err := together(16, func(of int) error {
		for i := of; i < n; i += 16 {
			w, err := watch(addr, path)
			if err != nil {
				return err
			}
			all[i] = w
			go w.run()
		}
		return nil
	})
	if err != nil {
		all.leave()
		return nil, err
	}
	return all, nil
}

func (a audience) leave() {
	for _, w := range a {
		if w != nil {
			_ = w.conn.Close()
		}
	}
}

// wait returns once each watcher has n events, each once and in order.
func (a audience) wait(n int) error {
	since, before := time.Now(), int64(-1)
	for {
		var got int64
		behind := 0
		for _, w := range a {
			if said := w.failed.Load(); said != nil {
				return fmt.Errorf("a socket missed something: %s", *said)
			}
			had := w.got.Load()
			got += had
			if had < int64(n) {
				behind++
			}
		}
		switch {
		case behind == 0:
			return nil
		case got != before:
			before, since = got, time.Now()
		case time.Since(since) > arrivalTimeout:
			return fmt.Errorf("%d of %d sockets have not got all of %d events", behind, len(a), n)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// latencies returns the latencies of all watchers, which have all events.
func (a audience) latencies() []float64 {
	var all []float64
	for _, w := range a {
		for _, ms := range w.latency {
			all = append(all, float64(ms))
		}
	}
	return all
}
