package web

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/gofiber/websocket/v2"
)

// serveSocket is serve for a websocket: a text message for each of the
// stream's messages, and a ping with each heartbeat.
func (s *streams) serveSocket(conn *websocket.Conn, from place) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("stream panicked", slog.Any("cause", cause))
		}
	}()
	out := &streamOut{conn: conn.NetConn(), patience: s.patience, piece: math.MaxInt, encode: appendFrame}
	if from.beyond {
		out.endBeyond(from)
		sayGoodbye(conn, closeTryLater)
		return
	}
	ctx, end, leave, err := s.enter(from.ended)
	if err != nil {
		code := closeRestart
		if errors.Is(err, errStreamsFull) {
			code = closeTryLater
		}
		sayGoodbye(conn, code)
		return
	}
	defer leave()
	// The messages go past the library's writer, each write whole frames; so
	// do pongs, whose deadline must not become that of the messages.
	conn.SetPingHandler(func(data string) error {
		_, err := conn.NetConn().Write(append([]byte{framePong, byte(len(data))}, data...))
		return err
	})
	left := readUntilGone(conn, func() { end(errStreamLeft) })
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-left
	}()
	defer hurryWhenDone(ctx, conn.NetConn())()
	err = s.follow(ctx, from, out)
	switch {
	case errors.Is(err, errStreamLeft), errors.Is(err, errStreamCut):
	case errors.Is(err, errStreamStopped):
		sayGoodbye(conn, closeRestart)
	case errors.Is(err, errStreamEnded):
		sayGoodbye(conn, websocket.ClosePolicyViolation)
	default:
		sayGoodbye(conn, closeError)
	}
}

// First bytes of unfragmented frames (RFC 6455, 5.2).
const (
	frameText = 0x80 | websocket.TextMessage
	framePing = 0x80 | websocket.PingMessage
	framePong = 0x80 | websocket.PongMessage
)

// appendFrame writes a message as a server's frame, which has no mask; a ping
// goes before a heartbeat.
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
