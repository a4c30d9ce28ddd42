package live

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/fasthttp/websocket"

	"postern/views/ui"
)

// heartbeat tells a live page that its feed works, the server's time, and the
// rate of the last minute. A page without one for ten seconds says that it is
// out of date (assets/js/live.js). Messages are in order, so a page that gets a
// heartbeat shows all earlier updates.
type heartbeat struct {
	Now       string `json:"now"`
	PerMinute int    `json:"per_minute"`
	// Unshown counts the events of the last minute that were counted and not
	// shown.
	Unshown int64 `json:"unshown"`
	// Build is that of the assets. A monitor of another build reloads itself. It
	// stands here and not in a part of the page, so that a monitor notices it even
	// where the parts have other names in its build.
	Build string `json:"build"`
	// OpenAlerts counts the open alerts that the watchers may see, as the title of the
	// page writes them; empty for none. It is left out if they can't be counted.
	OpenAlerts *string `json:"open_alerts,omitempty"`
	// Newest is the newest open alert.
	Newest *newestAlert `json:"newest,omitempty"`
}

// newestAlert is what a browser's notification says of an alert. It names no person:
// the desktop shows it to everybody who looks at the screen.
type newestAlert struct {
	Seq    int64  `json:"seq"`
	URL    string `json:"url"`
	Type   string `json:"type"`
	Camera string `json:"camera"`
}

// makeHeartbeat returns a heartbeat with the present counts.
func (f *feed) makeHeartbeat(now time.Time) (message, error) {
	open := f.feeds.openAlerts(f.key.CameraScope, now)
	b, err := json.Marshal(heartbeat{Now: ui.MachineTime(now), PerMinute: f.feeds.perMinute(now, f.key.CameraScope...),
		Unshown: f.hidden.Sum(now, nil), Build: f.feeds.build(), OpenAlerts: open.count, Newest: open.newest})
	if err != nil {
		return message{}, fmt.Errorf("encode heartbeat: %w", err)
	}
	return frame(b)
}

// sendHeartbeat sends a heartbeat to all watchers.
func (f *feed) sendHeartbeat() {
	now := f.feeds.now()
	m, err := f.makeHeartbeat(now)
	if err != nil {
		f.feeds.log.Error("live heartbeat failed", slog.Any("error", err))
		return
	}
	f.heartbeatAt = now
	f.broadcast(m)
}

// frame makes a websocket frame, once for all browsers.
func frame(b []byte) (message, error) {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
	if err != nil {
		return message{}, fmt.Errorf("frame message: %w", err)
	}
	return message{frame: frame}, nil
}
