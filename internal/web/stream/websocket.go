package stream

import (
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
	// Messages bypass the library's writer; see appendFrame. Each write has whole
	// frames. Pongs bypass it too: their write deadline must not become the
	// deadline of the messages.
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
