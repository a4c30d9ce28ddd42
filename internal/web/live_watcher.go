package web

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"
	"github.com/fasthttp/websocket"

	"postern/views/eventlist"
	"postern/views/ui"
)

// liveMessage is a fragment on its way to browsers. It is framed once.
type liveMessage struct {
	frame  *websocket.PreparedMessage
	events int64 // that it tells of; lost if the message is
}

// liveWatcher is one socket, as its feed sees it.
type liveWatcher struct {
	feed   *liveFeed
	out    chan liveMessage
	gone   chan struct{} // closed when the feed has ended the watch
	code   int           // why; set before gone is closed
	missed int64         // events of messages that found the queue full
}

// end ends the watch from the feed's side.
func (w *liveWatcher) end(code int) {
	w.code = code
	close(w.gone)
}

// send queues a message, or counts it as missed: a slow browser never makes
// the others wait. It is told once there is room.
func (w *liveWatcher) send(m liveMessage) {
	if w.missed > 0 && len(w.out) < cap(w.out)-1 {
		if told, err := renderLive(eventlist.LiveMissed(w.missed), time.UTC); err == nil {
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

// renderLive renders a fragment into a message, with its times in a zone.
func renderLive(c templ.Component, zone *time.Location) (liveMessage, error) {
	var b bytes.Buffer
	if err := c.Render(ui.WithZone(context.Background(), zone), &b); err != nil {
		return liveMessage{}, fmt.Errorf("render fragment: %w", err)
	}
	return frameLive(b.Bytes())
}
