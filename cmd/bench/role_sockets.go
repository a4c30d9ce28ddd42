package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"

	fast "github.com/fasthttp/websocket"
)

// bareSockets is a websocket server that only writes prepared messages. Once args[0]
// sockets are open, it sends args[1] messages to each, as fast as possible or at
// args[2] a second.
func bareSockets(args []string) error {
	var sizes [3]int
	for i := range sizes {
		n, err := strconv.Atoi(args[i])
		if err != nil {
			return err
		}
		sizes[i] = n
	}
	sockets, messages, rate := sizes[0], sizes[1], sizes[2]
	ln, err := listen()
	if err != nil {
		return err
	}
	broadcast := &broadcast{messages: make([]*fast.PreparedMessage, messages), ready: make([]chan struct{}, messages)}
	for i := range broadcast.ready {
		broadcast.ready[i] = make(chan struct{})
	}
	var open sync.WaitGroup
	open.Add(sockets)
	go func() {
		open.Wait()
		broadcast.run(rate)
	}()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/socket", websocket.New(func(conn *websocket.Conn) {
		open.Done()
		for i := range broadcast.messages {
			<-broadcast.ready[i]
			if conn.WritePreparedMessage(broadcast.messages[i]) != nil {
				return
			}
		}
		_, _, _ = conn.ReadMessage() // until the other side leaves
	}))
	return app.Listener(ln)
}

// broadcast prepares each message once for all sockets.
type broadcast struct {
	messages []*fast.PreparedMessage
	ready    []chan struct{} // closed once the message is there
}

func (b *broadcast) run(rate int) {
	begun := time.Now()
	event := newEvent()
	for i := range b.messages {
		at := time.Now()
		if rate > 0 {
			at = begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
			sleep(time.Until(at))
		}
		stampNumber(event, i)
		stampSent(event, at)
		frame, err := fast.NewPreparedMessage(fast.TextMessage, fmt.Appendf(nil, `{"seq":%d,%s`, i+1, event[1:]))
		if err != nil {
			panic(err) // a text can always be framed
		}
		b.messages[i] = frame
		close(b.ready[i])
	}
}
