package web

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"
)

// appendLine writes a message as NDJSON.
func appendLine(b []byte, _ messageKind, _ int64, head, tail []byte) []byte {
	return append(append(append(b, head...), tail...), '\n')
}

// The time in milliseconds before an EventSource reconnects: usually, and where
// an early reconnect would change nothing.
const (
	sseRetry = "2000"
	sseLater = "60000"
)

// appendSSE writes a message as server-sent events. A heartbeat is a comment
// and an id without data, which moves an EventSource's lastEventId and calls
// nobody.
func appendSSE(b []byte, kind messageKind, seq int64, head, tail []byte) []byte {
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

// streamAnswer is an HTTP response that has no end.
type streamAnswer struct {
	header  []byte // as it is sent
	chunked bool   // HTTP/1.1
	encode  encoding
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
	out := &streamOut{conn: conn, patience: s.patience, piece: streamPieceBytes, chunked: a.chunked, encode: a.encode}
	if a.from.beyond {
		if out.write(a.header) == nil {
			out.endBeyond(a.from)
			out.finish()
		}
		return
	}
	ctx, end, leave, err := s.enter(a.from.ended)
	if err != nil {
		if out.write(a.header) == nil {
			out.end(a.from.after, "Postern can't serve this stream now. Connect again in a moment.")
			out.finish()
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
	if err := out.write(a.header); err != nil {
		return
	}
	_ = s.follow(ctx, a.from, out)
	out.finish()
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
