package live

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/views/ui"
)

// openAlertsTTL is for how long a count of open alerts holds. All feeds of a camera scope
// share it, however many send heartbeats.
const openAlertsTTL = time.Second

// maxOpenScopes bounds the camera scopes whose counts are kept.
const maxOpenScopes = 256

// openAlerts are the open alerts of a camera scope.
type openAlerts struct {
	count  *string // nil if they can't be counted
	newest *newestAlert
	at     time.Time
}

// openCounts are the latest counts by camera scope.
type openCounts struct {
	mu  sync.Mutex
	all map[string]openAlerts
}

// openAlerts counts the open alerts of a camera scope; nil means all cameras.
func (l *Feeds) openAlerts(scope []string, now time.Time) openAlerts {
	name := "all"
	if scope != nil {
		name = "within " + strings.Join(scope, "\x00")
	}
	l.open.mu.Lock()
	defer l.open.mu.Unlock()
	known, ok := l.open.all[name]
	if ok && now.Sub(known.at) < openAlertsTTL && !now.Before(known.at) {
		return known
	}
	if l.open.all == nil || len(l.open.all) >= maxOpenScopes {
		l.open.all = make(map[string]openAlerts)
	}
	read := l.readOpenAlerts(event.Filter{Cameras: scope})
	read.at = now
	l.open.all[name] = read
	return read
}

func (l *Feeds) readOpenAlerts(f event.Filter) (read openAlerts) {
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout)
	defer cancel()
	sel := alerts.Selection{Filter: f}
	n, _, err := l.alerts.Count(ctx, sel, ui.MaxOpenAlerts)
	if err == nil && n > 0 {
		read.newest, err = l.newestAlert(ctx, sel)
	}
	if err != nil {
		l.log.Error("open alerts not counted", slog.Any("error", err))
		return openAlerts{}
	}
	text := ""
	if n > 0 {
		text = ui.OpenCount(n)
	}
	read.count = &text
	return read
}

// newestAlert returns the newest of the selected open alerts; nil if there is none, or if
// it can't be read.
func (l *Feeds) newestAlert(ctx context.Context, sel alerts.Selection) (*newestAlert, error) {
	page, err := l.alerts.List(ctx, alerts.Query{Selection: sel, Limit: 1})
	if err != nil || len(page.Events) == 0 {
		return nil, err
	}
	e := page.Events[0]
	camera := e.Camera
	if l.CameraName != nil && camera != "" {
		if name := l.CameraName(camera); name != "" {
			camera = name
		}
	}
	return &newestAlert{Seq: e.Seq, URL: string(ui.EventURL(e.ID)), Type: ui.UpperFirst(e.Type.Info().Words), Camera: ui.Tidy(camera)}, nil
}
