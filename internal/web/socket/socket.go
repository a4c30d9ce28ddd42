package socket

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"
)

const (
	bufferBytes  = 512
	maxReadBytes = 512 // clients only send pongs and close frames
	pongTimeout  = 75 * time.Second
	closeTimeout = time.Second
)

// Close codes. Browsers reconnect after any of them.
const (
	CloseRestart  = websocket.CloseServiceRestart
	CloseError    = websocket.CloseInternalServerErr
	CloseTryLater = websocket.CloseTryAgainLater
	CloseReload   = 4001 // what the page shows is out of date: load it again
)

// buffers are shared by all sockets, since most write nothing most of the time.
var buffers = new(sync.Pool)

// Upgrade upgrades the request and calls serve with the connection.
func Upgrade(c *fiber.Ctx, serve func(*websocket.Conn)) error {
	return websocket.New(serve, websocket.Config{ReadBufferSize: bufferBytes, WriteBufferSize: bufferBytes, WriteBufferPool: buffers})(c)
}

// ReadUntilClosed reads pongs until the connection ends. Then it calls closed
// and closes done. It ends the connection if no pong arrives for 75 s.
func ReadUntilClosed(conn *websocket.Conn, closed func()) (done <-chan struct{}) {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongTimeout)) }
	conn.SetReadLimit(maxReadBytes)
	conn.SetPongHandler(alive)
	_ = alive("") // not in the goroutine: the caller may set another deadline to end it
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer closed()
		defer func() { _ = recover() }() // a panic here would end the process
		for {
			if _, _, err := conn.NextReader(); err != nil {
				return
			}
		}
	}()
	return over
}

// Close sends a close frame with a code. It waits at most a second.
func Close(conn *websocket.Conn, code int) {
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(closeTimeout))
}
