package live

import (
	"bytes"
	"context"
	"fmt"

	"github.com/a-h/templ"
	"github.com/fasthttp/websocket"

	"postern/views/eventlist"
)

// message is a fragment for browsers. It is framed once.
type message struct {
	frame  *websocket.PreparedMessage
	events int64 // how many it shows; missed if the message is dropped
}

// watcher is a socket, as its feed sees it.
type watcher struct {
	feed   *feed
	out    chan message
	gone   chan struct{} // closed when the feed has ended the watch
	code   int           // the close code; set before gone is closed
	missed int64         // events of messages that were dropped because the queue was full
}

// end ends the watch from the feed's side.
func (w *watcher) end(code int) {
	w.code = code
	close(w.gone)
}

// send queues a message, or drops it and counts its events: a slow browser never
// makes the others wait. The count is sent once the queue has room.
func (w *watcher) send(m message) {
	if w.missed > 0 && len(w.out) < cap(w.out)-1 {
		if told, err := renderMessage(context.Background(), eventlist.LiveMissed(w.missed)); err == nil {
			w.out <- told
			w.missed = 0
		}
	}
	select {
	case w.out <- m:
	default:
		w.missed += m.events
	}
}

// renderMessage renders a fragment into a message.
func renderMessage(ctx context.Context, c templ.Component) (message, error) {
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		return message{}, fmt.Errorf("render fragment: %w", err)
	}
	return frame(b.Bytes())
}
