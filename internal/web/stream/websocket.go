package stream

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/gofiber/websocket/v2"

	"postern/internal/web/socket"
)

// ServeSocket serves a stream on a websocket: a text frame for each message, and
// a ping before each heartbeat.
func (s *Streams) ServeSocket(conn *websocket.Conn, from Start) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("stream panicked", slog.Any("cause", cause))
		}
	}()
	out := &writer{conn: conn.NetConn(), timeout: s.WriteTimeout, maxWrite: math.MaxInt, encode: appendFrame}
	if from.Beyond {
		out.endBeyond(from)
		socket.Close(conn, socket.CloseTryLater)
		return
	}
	ctx, end, leave, err := s.enter(from.Ended)
	if err != nil {
		code := socket.CloseRestart
		if errors.Is(err, ErrFull) {
			code = socket.CloseTryLater
		}
		socket.Close(conn, code)
		return
	}
	defer leave()
	// Messages bypass the library's writer; each write has whole frames. Pongs
	// bypass it too, since their deadline must not become that of the messages.
	conn.SetPingHandler(func(data string) error {
		_, err := conn.NetConn().Write(append([]byte{framePong, byte(len(data))}, data...))
		return err
	})
	left := socket.ReadUntilClosed(conn, func() { end(errLeft) })
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-left
	}()
	defer limitCloseTime(ctx, conn.NetConn())()
	err = s.follow(ctx, from, out)
	switch {
	case errors.Is(err, errLeft), errors.Is(err, errCut):
	case errors.Is(err, errStopped):
		socket.Close(conn, socket.CloseRestart)
	case errors.Is(err, errEnded):
		socket.Close(conn, websocket.ClosePolicyViolation)
	default:
		socket.Close(conn, socket.CloseError)
	}
}

// First bytes of unfragmented frames (RFC 6455, 5.2).
const (
	frameText = 0x80 | websocket.TextMessage
	framePing = 0x80 | websocket.PingMessage
	framePong = 0x80 | websocket.PongMessage
)

// appendFrame encodes a message as a server's frame, which has no mask. A ping
// precedes a heartbeat.
func appendFrame(b []byte, kind messageKind, _ int64, head, tail []byte) []byte {
	if kind == heartbeatMessage {
		b = append(b, framePing, 0)
	}
	switch n := len(head) + len(tail); {
	case n < 126:
		b = append(b, frameText, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, frameText, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, frameText, 127), uint64(n))
	}
	return append(append(b, head...), tail...)
}
