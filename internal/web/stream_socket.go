package web

import (
	"errors"
	"log/slog"
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
	left := make(chan struct{})
	watched := make(chan struct{})
	go readUntilGone(conn, left)
	go func() {
		defer close(watched)
		<-left
		end(errStreamLeft)
	}()
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-watched
	}()
	defer hurryWhenDone(ctx, conn.NetConn())()
	err = s.follow(ctx, from, &streamOut{sink: &socketSink{conn: conn, patience: s.patience}})
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

// socketSink sends messages on a websocket.
type socketSink struct {
	conn     *websocket.Conn
	patience time.Duration
}

func (k *socketSink) send(kind messageKind, _ int64, json []byte) error {
	deadline := time.Now().Add(k.patience)
	_ = k.conn.SetWriteDeadline(deadline)
	if kind == heartbeatMessage && k.conn.WriteControl(websocket.PingMessage, nil, deadline) != nil {
		return errStreamCut
	}
	if k.conn.WriteMessage(websocket.TextMessage, json) != nil {
		return errStreamCut
	}
	return nil
}

func (k *socketSink) flush() error { return nil }
