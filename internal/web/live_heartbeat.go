package web

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/fasthttp/websocket"

	"postern/views/ui"
)

// heartbeat tells a live page that its feed works, what time it is here, and
// what the page says of the last minute. A page that misses it for ten seconds
// says that it is out of date (assets/js/live.js). It comes after everything
// that the feed had to show before, so that a page that gets it has caught up.
type heartbeat struct {
	Now       string `json:"now"`
	PerMinute int    `json:"per_minute"`
	// Unshown counts the events of the last minute that were counted and not
	// shown.
	Unshown int64 `json:"unshown"`
}

// makeHeartbeat makes the feed's heartbeat of this moment.
func (f *liveFeed) makeHeartbeat(now time.Time) (liveMessage, error) {
	b, err := json.Marshal(heartbeat{Now: ui.MachineTime(now), PerMinute: f.feeds.perMinute(now, f.key.reach...), Unshown: f.unshown.Sum(now, nil)})
	if err != nil {
		return liveMessage{}, fmt.Errorf("encode heartbeat: %w", err)
	}
	return frameLive(b)
}

// beatHeart sends a heartbeat to all who watch.
func (f *liveFeed) beatHeart() {
	now := f.feeds.now()
	m, err := f.makeHeartbeat(now)
	if err != nil {
		f.feeds.log.Error("live heartbeat failed", slog.Any("error", err))
		return
	}
	f.heartbeatAt = now
	f.broadcast(m)
}

// frameLive frames what goes to browsers, once for all of them.
func frameLive(b []byte) (liveMessage, error) {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
	if err != nil {
		return liveMessage{}, fmt.Errorf("frame message: %w", err)
	}
	return liveMessage{frame: frame}, nil
}
