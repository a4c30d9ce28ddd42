package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"
)

// streamPieceBytes is how much is written at once: each piece has to be taken
// within the stream's patience.
const streamPieceBytes = 16 << 10

// appendLine writes a message as NDJSON.
func appendLine(b []byte, _ messageKind, _ int64, json []byte) []byte {
	return append(append(b, json...), '\n')
}

// sseRetry is how long an EventSource waits before it comes back, in
// milliseconds.
const sseRetry = "2000"

// appendSSE writes a message as server-sent events. A heartbeat is a comment
// and an id without data, which moves an EventSource's lastEventId and calls
// nobody.
func appendSSE(b []byte, kind messageKind, seq int64, json []byte) []byte {
	switch kind {
	case heartbeatMessage:
		b = append(b, ":heartbeat\nretry: "+sseRetry+"\n"...)
	case missedMessage:
		b = append(b, "event: missed\n"...)
	case endMessage:
		b = append(b, "event: end\n"...)
	}
	b = strconv.AppendInt(append(b, "id: "...), seq, 10)
	if kind != heartbeatMessage {
		b = append(append(b, "\ndata: "...), json...)
	}
	return append(b, "\n\n"...)
}

// streamAnswer is an HTTP response that has no end.
type streamAnswer struct {
	header  []byte // as it is sent
	chunked bool   // HTTP/1.1
	encode  func(b []byte, kind messageKind, seq int64, json []byte) []byte
	from    place
}

// serve writes the answer on a connection that fasthttp has let go of, since
// its own writer has one deadline for a whole body and doesn't see a client
// leave. It returns when nobody uses the connection any more.
func (s *streams) serve(conn net.Conn, a streamAnswer) {
	defer func() {
		if cause := recover(); cause != nil { // nobody else would stop it
			s.log.Error("stream panicked", slog.Any("cause", cause))
		}
	}()
	sink := &httpSink{conn: conn, patience: s.patience, chunked: a.chunked, encode: a.encode, buffer: a.header}
	out := &streamOut{sink: sink}
	ctx, end, leave, err := s.enter(a.from.ended)
	if err != nil {
		if sink.write(nil) == nil {
			out.end(a.from.after, "Postern can't serve this stream now. Connect again in a moment.")
			sink.finish()
		}
		return
	}
	defer leave()
	left := make(chan struct{})
	go func() {
		defer close(left)
		end(readNothing(conn))
	}()
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-left
	}()
	defer hurryWhenDone(ctx, conn)()
	if err := sink.write(nil); err != nil {
		return
	}
	_ = s.follow(ctx, a.from, out)
	sink.finish()
}

// maxPipelined is how much a client may send after its request.
const maxPipelined = 4 << 10

// readNothing waits for the client to leave: it has nothing to say here.
func readNothing(conn net.Conn) error {
	_, _ = io.CopyN(io.Discard, conn, maxPipelined)
	return errStreamLeft
}

// hurryWhenDone lets a write that is under way when ctx ends, and those after
// it, take no longer than a goodbye. The caller calls what it returns before
// it gives the connection back.
func hurryWhenDone(ctx context.Context, conn net.Conn) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	unarm := context.AfterFunc(ctx, func() {
		defer close(ended)
		deadline := time.Now().Add(streamGoodbye)
		// Again and again: the writer may just be setting one of its own.
		again := time.NewTicker(streamGoodbye / 10)
		defer again.Stop()
		for {
			_ = conn.SetWriteDeadline(deadline)
			select {
			case <-again.C:
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		if !unarm() {
			<-ended
		}
	}
}

// httpSink gathers messages into chunks of a response's body.
type httpSink struct {
	conn     net.Conn
	patience time.Duration
	chunked  bool
	encode   func(b []byte, kind messageKind, seq int64, json []byte) []byte
	buffer   []byte // what waits
	failed   bool
}

// streamBuffers are shared, since most streams write nothing most of the time.
var streamBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 2*streamPieceBytes); return &b }}

func (k *httpSink) send(kind messageKind, seq int64, json []byte) error {
	if k.buffer == nil {
		k.buffer = *streamBuffers.Get().(*[]byte)
		if k.chunked {
			k.buffer = append(k.buffer, chunkRoom...)
		}
	}
	k.buffer = k.encode(k.buffer, kind, seq, json)
	if len(k.buffer) < streamPieceBytes {
		return nil
	}
	return k.flush()
}

// chunkRoom is where a chunk's length goes: leading zeros are allowed.
const chunkRoom = "00000000\r\n"

func (k *httpSink) flush() error {
	if k.buffer == nil {
		return nil
	}
	if k.chunked {
		copy(k.buffer, fmt.Appendf(nil, "%08x", len(k.buffer)-len(chunkRoom)))
		k.buffer = append(k.buffer, "\r\n"...)
	}
	return k.write(nil)
}

// finish ends the body, so that the client knows that it has all of it.
func (k *httpSink) finish() {
	if k.chunked && !k.failed {
		_ = k.write([]byte("0\r\n\r\n"))
	}
}

// write hands over what waits, and then last.
func (k *httpSink) write(last []byte) error {
	b := append(k.buffer, last...)
	k.buffer = nil
	for rest := b; len(rest) > 0; {
		_ = k.conn.SetWriteDeadline(time.Now().Add(k.patience))
		n, err := k.conn.Write(rest[:min(len(rest), streamPieceBytes)])
		if err != nil {
			k.failed = true
			return errStreamCut
		}
		rest = rest[n:]
	}
	if cap(b) >= streamPieceBytes && cap(b) <= 4*streamPieceBytes {
		b = b[:0]
		streamBuffers.Put(&b)
	}
	return nil
}
