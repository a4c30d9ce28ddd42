package live

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/a-h/templ"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/alerts"
	cameraview "postern/views/camera"
	monitorpage "postern/views/monitor"
)

const (
	// MaxOpenCount is how many open alerts are counted.
	MaxOpenCount         = 1000
	tilesInterval        = 30 * time.Second // in case a browser dropped an update
	acknowledgementQueue = 16               // acknowledgements
)

// MonitorSource is where monitors get their data from, events aside.
type MonitorSource struct {
	Store   *store.Store
	Cameras func() []cameraview.Camera
	// CountWebhooks counts all webhooks, and those that need attention.
	CountWebhooks func() (all, unwell int)
	Build         string
}

// View returns the present state. The totals are of the filter's cameras and all
// types; of webhooks only if webhooks is set. cameraScope restricts it to
// cameras; nil means all.
func (s *MonitorSource) View(ctx context.Context, f event.Filter, scope []string, webhooks bool, now time.Time) (monitorpage.View, error) {
	v := monitorpage.View{Build: s.Build, OpenAlerts: monitorpage.OpenAlerts{Filter: URLFilter(f, scope), Restricted: scope != nil}}
	open, err := s.Store.Alerts.List(ctx, alerts.Query{Selection: alerts.Selection{Filter: f}, Limit: monitorpage.MaxAlerts})
	if err != nil {
		return v, err
	}
	n, exact, err := s.Store.Alerts.Count(ctx, alerts.Selection{Filter: f}, MaxOpenCount)
	if err != nil {
		return v, err
	}
	v.OpenAlerts.Alerts, v.OpenAlerts.Open, v.OpenAlerts.AtLeast = open.Events, n, !exact
	alerting, err := s.Store.Alerts.OpenByCamera(ctx)
	if err != nil {
		return v, err
	}
	for _, one := range s.Store.Silences.Current() {
		if one = one.Seen(account.CamerasOf(scope)); one != nil {
			v.OpenAlerts.Silences = append(v.OpenAlerts.Silences, one)
		}
	}
	for _, c := range s.Cameras() {
		c.OpenAlerts = alerting[c.ID]
		if len(f.Cameras) == 0 || slices.Contains(f.Cameras, c.ID) {
			v.Tiles = append(v.Tiles, c)
		}
	}
	now = s.Store.OnLog(now)
	for _, m := range s.Store.Counters.Minutes(now, 24*60, f.Cameras...) {
		v.Totals.Day += m.Counts.Total()
		v.Totals.DayAtLeast = v.Totals.DayAtLeast || m.AtLeast
	}
	v.Totals.PerMinute = s.Store.Counters.PerMinute(now, f.Cameras...)
	if v.Totals.NoWebhooks = !webhooks; webhooks {
		v.Totals.Webhooks, v.Totals.Failing = s.CountWebhooks()
	}
	return v, nil
}

// build returns the build of the assets; empty without monitors.
func (l *Feeds) build() string {
	if l.Monitors == nil {
		return ""
	}
	return l.Monitors.Build
}

// MonitorFilter returns the part of a filter that a monitor uses.
func MonitorFilter(f event.Filter) event.Filter {
	return event.Filter{Types: f.Types, Cameras: f.Cameras, Sources: f.Sources}
}

// URLFilter returns the part of a filter that a monitor's URL has. The camera
// scope applies without being in the URL, and may have too many cameras for one.
func URLFilter(f event.Filter, scope []string) event.Filter {
	if scope != nil && slices.Equal(f.Cameras, scope) {
		f.Cameras = nil
	}
	return f
}

// StreamFilter returns the filter of a monitor's list of events: all types but
// alerts. It reports false if no type is left.
func StreamFilter(f event.Filter) (event.Filter, bool) {
	f.Types = types(f) &^ event.UrgentTypes
	return f, f.Types != 0
}

// types returns the filter's types without the wildcard.
func types(f event.Filter) event.TypeSet {
	if f.Types == 0 {
		f.Types = event.AllTypes
	}
	return event.Types(f.Types.Each()...)
}

// monitorFeed is the state of a feed for monitors, its rows aside. It belongs to
// the feed's goroutine.
type monitorFeed struct {
	source      *MonitorSource
	filter      event.Filter
	cameraScope []string
	webhooks    bool // it has their counts
	render      func(templ.Component) (message, error)

	stale        bool                      // an alert was opened or acknowledged since the last refresh
	acknowledged *monitorpage.Acknowledged // the newest since the last refresh
	refreshedAt  time.Time
	tiles        []cameraview.Camera // as last sent
	tilesAt      time.Time
	whole        message // for watchers that join
	wholeAt      time.Time
}

// isForAlerts reports whether the event belongs to the alerts, not to the list of
// events: an alert, or an announcement that closes alerts.
func (m *monitorFeed) isForAlerts(e *event.Event) bool {
	if !event.UrgentTypes.Has(e.Type) {
		return false
	}
	if e.IsAlert() {
		m.stale = true
	} else {
		m.acknowledge(monitorpage.Acknowledged{Event: e, Resolved: true})
	}
	return true
}

// acknowledge takes an acknowledgement for the next refresh.
func (m *monitorFeed) acknowledge(t monitorpage.Acknowledged) { m.stale, m.acknowledged = true, &t }

// wait returns the time until changed alerts are shown; false if none have
// changed.
func (m *monitorFeed) wait(now time.Time) (time.Duration, bool) {
	return max(0, m.refreshedAt.Add(urgentInterval).Sub(now)), m.stale
}

func (m *monitorFeed) view(now time.Time) (monitorpage.View, error) {
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout)
	defer cancel()
	return m.source.View(ctx, m.filter, m.cameraScope, m.webhooks, now)
}

// join returns the whole state for a monitor that has connected.
func (m *monitorFeed) join(now time.Time) (message, error) {
	if m.whole.frame != nil && !m.stale && now.Sub(m.wholeAt) < heartbeatInterval {
		return m.whole, nil
	}
	v, err := m.view(now)
	if err != nil {
		return message{}, err
	}
	whole, err := m.render(monitorpage.Update(v, true, now))
	if err != nil {
		return message{}, err
	}
	m.whole, m.wholeAt = whole, now
	return whole, nil
}

// refresh returns the present state, with the cameras if they have changed.
func (m *monitorFeed) refresh(now time.Time) (message, error) {
	var parts []templ.Component
	if m.acknowledged != nil {
		parts = append(parts, monitorpage.AcknowledgedMessage(*m.acknowledged))
	}
	m.stale, m.acknowledged, m.refreshedAt, m.whole = false, nil, now, message{}
	v, err := m.view(now)
	if err != nil {
		return message{}, err
	}
	tiles := !monitorpage.SameTiles(v.Tiles, m.tiles) || now.Sub(m.tilesAt) >= tilesInterval
	if tiles {
		m.tiles, m.tilesAt = v.Tiles, now
	}
	return m.render(templ.Join(append(parts, monitorpage.Update(v, tiles, now))...))
}

// refresh sends the present state to all watchers. If it can't be read, the feed
// ends, and the browsers reconnect.
func (f *feed) refresh() error {
	m, err := f.monitor.refresh(f.feeds.now())
	if err != nil {
		f.feeds.log.Error("monitor failed", slog.Any("error", err))
		return fmt.Errorf("show monitors the moment: %w", err)
	}
	f.broadcast(m)
	return nil
}

// Acknowledged tells every monitor that alerts were acknowledged.
func (l *Feeds) Acknowledged(t monitorpage.Acknowledged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.feeds {
		if f.monitor == nil || t.Event != nil && !f.monitor.filter.Match(t.Event) {
			continue
		}
		told := t
		if t.Event == nil && f.key.CameraScope != nil {
			told.Count, told.AtLeast = 0, false // the count includes alerts outside the camera scope
		}
		select {
		case f.acknowledgements <- told:
		default: // the next refresh reads the store
		}
	}
}
