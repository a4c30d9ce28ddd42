package stream

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"
)

// AppendNDJSON encodes a message as a line of JSON.
func AppendNDJSON(b []byte, _ messageKind, _ int64, head, tail []byte) []byte {
	return append(append(append(b, head...), tail...), '\n')
}

// The time in milliseconds before an EventSource reconnects: usually, and after
// an end for which an early reconnect is useless.
const (
	sseRetry = "2000"
	sseLater = "60000"
)

// AppendSSE encodes a message as server-sent events. A heartbeat is a comment
// and an id without data: it updates an EventSource's lastEventId and fires no
// event.
func AppendSSE(b []byte, kind messageKind, seq int64, head, tail []byte) []byte {
	switch kind {
	case heartbeatMessage:
		b = append(b, ":heartbeat\nretry: "+sseRetry+"\n"...)
	case missedMessage:
		b = append(b, "event: missed\n"...)
	case endMessage:
		b = append(b, "event: end\n"...)
	case laterMessage:
		b = append(b, "event: end\nretry: "+sseLater+"\n"...)
	}
	b = strconv.AppendInt(append(b, "id: "...), seq, 10)
	if kind != heartbeatMessage {
		b = append(append(append(b, "\ndata: "...), head...), tail...)
	}
	return append(b, "\n\n"...)
}

// Response is an HTTP response without an end.
type Response struct {
	Header  []byte // the status line and the headers
	Chunked bool   // HTTP/1.1
	Encode  Encoding
	Start   Start
}

// Serve writes the response on a hijacked connection: fasthttp's writer has one
// deadline for a whole body and doesn't notice a client that leaves. Serve
// returns when no goroutine uses the connection any more.
func (s *Streams) Serve(conn net.Conn, a Response) {
	defer func() {
		if cause := recover(); cause != nil { // no caller recovers
			s.log.Error("stream panicked", slog.Any("cause", cause))
		}
	}()
	out := &writer{conn: conn, timeout: s.WriteTimeout, maxWrite: bufferBytes, chunked: a.Chunked, encode: a.Encode}
	if a.Start.Beyond {
		if out.write(a.Header) == nil {
			out.endBeyond(a.Start)
			out.finish()
		}
		return
	}
	ctx, end, leave, err := s.enter(a.Start.Ended)
	if err != nil {
		if out.write(a.Header) == nil {
			out.end(a.Start.After, "Postern can't serve this stream now. Connect again in a moment.")
			out.finish()
		}
		return
	}
	defer leave()
	left := make(chan struct{})
	go func() {
		defer close(left)
		end(waitUntilLeft(conn))
	}()
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-left
	}()
	defer limitCloseTime(ctx, conn)()
	if err := out.write(a.Header); err != nil {
		return
	}
	_ = s.follow(ctx, a.Start, out)
	out.finish()
}

// maxPipelined is how many bytes a client may send after its request.
const maxPipelined = 4 << 10

// waitUntilLeft discards the client's input until the client leaves.
func waitUntilLeft(conn net.Conn) error {
	_, _ = io.CopyN(io.Discard, conn, maxPipelined)
	return errLeft
}

// limitCloseTime shortens the deadline of writes once ctx ends: the present
// write and all later ones together may take the close timeout. The caller
// calls stop before it gives the connection back.
func limitCloseTime(ctx context.Context, conn net.Conn) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	unarm := context.AfterFunc(ctx, func() {
		defer close(ended)
		deadline := time.Now().Add(closeTimeout)
		// Repeated: the writer may be setting its own deadline at this moment.
		again := time.NewTicker(closeTimeout / 10)
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
