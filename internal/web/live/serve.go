package live

import (
	"errors"
	"log/slog"
	"time"

	"github.com/gofiber/websocket/v2"

	"postern/internal/web/socket"
)

const (
	writeTimeout = 10 * time.Second
	pingInterval = 30 * time.Second
)

// Serve serves a live page until either side ends it. erasures is the page's
// state of erasures; ended is closed when its permission ends.
//
// Serve returns after the goroutine that reads from the socket: the connection
// is pooled, and a late reader would read another page's data.
func (l *Feeds) Serve(conn *websocket.Conn, key Key, erasures string, ended <-chan struct{}) {
	defer func() {
		if cause := recover(); cause != nil {
			l.log.Error("live socket panicked", slog.Any("cause", cause))
		}
	}()
	w, err := l.watch(key, erasures)
	if err != nil {
		code := socket.CloseRestart
		switch {
		case errors.Is(err, ErrFull):
			code = socket.CloseTryLater
		case errors.Is(err, errErased):
			code = socket.CloseReload
		}
		socket.Close(conn, code)
		return
	}
	defer l.leave(w)

	left := socket.ReadUntilClosed(conn, func() {})
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-left
	}()
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case m := <-w.out:
			_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if err := conn.WritePreparedMessage(m.frame); err != nil {
				return
			}
		case <-ping.C:
			if err := conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)); err != nil {
				return
			}
		case <-ended:
			// A key was revoked or a session ended: nothing more is shown.
			socket.Close(conn, websocket.ClosePolicyViolation)
			return
		case <-w.gone:
			socket.Close(conn, w.code)
			return
		case <-left:
			return
		}
	}
}
