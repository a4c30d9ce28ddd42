package web

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/internal/store"
	cameraview "postern/views/camera"
	monitorpage "postern/views/monitor"
)

const (
	// openBound is how many open alerts are counted.
	openBound        = 1000
	monitorTilesAnew = 30 * time.Second // for a browser that has lost them
	takenQueue       = 16               // acknowledgements that wait to be told of
)

// monitorSite is what a monitor shows beside the stream of events.
type monitorSite struct {
	store   *store.Store
	cameras func() []cameraview.Camera
	// webhooks counts all, and those that somebody should look at.
	webhooks func() (all, unwell int)
	build    string
}

// view takes the picture of the moment. The totals are of the filter's
// cameras, whatever its types; of webhooks only where webhooks is set. reach
// are the cameras that who watches is restricted to; nil is all.
func (s *monitorSite) view(ctx context.Context, f event.Filter, reach []string, webhooks bool, now time.Time) (monitorpage.View, error) {
	v := monitorpage.View{Build: s.build, OpenAlerts: monitorpage.OpenAlerts{Filter: chosenOf(f, reach), Restricted: reach != nil}}
	open, err := s.store.Alerts(ctx, store.AlertQuery{Filter: f, Limit: monitorpage.MaxAlerts})
	if err != nil {
		return v, err
	}
	n, exact, err := s.store.CountOpen(ctx, f, openBound)
	if err != nil {
		return v, err
	}
	v.OpenAlerts.Alerts, v.OpenAlerts.Open, v.OpenAlerts.AtLeast = open.Events, n, !exact
	for _, c := range s.cameras() {
		if len(f.Cameras) == 0 || slices.Contains(f.Cameras, c.Name) {
			v.Tiles = append(v.Tiles, c)
		}
	}
	now = s.store.OnLog(now)
	for _, m := range s.store.Counters.Minutes(now, 24*60, f.Cameras...) {
		v.Totals.Day += m.Counts.Total()
		v.Totals.DayAtLeast = v.Totals.DayAtLeast || m.AtLeast
	}
	v.Totals.PerMinute = s.store.Counters.PerMinute(now, f.Cameras...)
	if v.Totals.NoWebhooks = !webhooks; webhooks {
		v.Totals.Webhooks, v.Totals.Failing = s.webhooks()
	}
	return v, nil
}

// monitorFilter is the part of a filter that a monitor knows.
func monitorFilter(f event.Filter) event.Filter {
	return event.Filter{Types: f.Types, Cameras: f.Cameras, Sources: f.Sources}
}

// chosenOf is what of a narrowed filter a monitor's address has: a restriction
// holds without standing there, and may have more cameras than an address.
func chosenOf(f event.Filter, reach []string) event.Filter {
	if reach != nil && slices.Equal(f.Cameras, reach) {
		f.Cameras = nil
	}
	return f
}

// streamFilter is what of a monitor's filter comes in its stream: all that is
// no alert. It reports false when that is nothing.
func streamFilter(f event.Filter) (event.Filter, bool) {
	f.Types = types(f) &^ event.UrgentTypes
	return f, f.Types != 0
}

// types are the filter's types, one by one.
func types(f event.Filter) event.TypeSet {
	if f.Types == 0 {
		f.Types = event.AllTypes
	}
	return event.Types(f.Types.Each()...)
}

// monitorFeed is what a feed for monitors has beside its rows. It belongs to
// the feed's goroutine.
type monitorFeed struct {
	site     *monitorSite
	filter   event.Filter
	reach    []string
	webhooks bool // it tells of these
	zone     *time.Location

	stale   bool                      // an alert came or was taken note of since the last beat
	taken   *monitorpage.Acknowledged // the newest that was taken note of since
	beatAt  time.Time
	tiles   []cameraview.Camera // as they were sent last
	tilesAt time.Time
	whole   liveMessage // for those who join
	wholeAt time.Time
}

// takes reports whether the event belongs to the alert lane, not the stream: an
// alert, or an announcement that closes alerts.
func (m *monitorFeed) takes(e *event.Event) bool {
	if !event.UrgentTypes.Has(e.Type) {
		return false
	}
	if e.IsAlert() {
		m.stale = true
	} else {
		m.tell(monitorpage.Acknowledged{Event: e, Resolved: true})
	}
	return true
}

// tell takes an acknowledgement that the next beat is to tell of.
func (m *monitorFeed) tell(t monitorpage.Acknowledged) { m.stale, m.taken = true, &t }

// wait returns how long it is until what has happened to alerts is to be shown;
// false when none have.
func (m *monitorFeed) wait(now time.Time) (time.Duration, bool) {
	return max(0, m.beatAt.Add(liveUrgent).Sub(now)), m.stale
}

func (m *monitorFeed) view(now time.Time) (monitorpage.View, error) {
	ctx, cancel := context.WithTimeout(context.Background(), liveSearchTime)
	defer cancel()
	return m.site.view(ctx, m.filter, m.reach, m.webhooks, now)
}

// join returns the whole picture for a monitor that has just connected.
func (m *monitorFeed) join(now time.Time) (liveMessage, error) {
	if m.whole.frame != nil && !m.stale && now.Sub(m.wholeAt) < heartbeatEvery {
		return m.whole, nil
	}
	v, err := m.view(now)
	if err != nil {
		return liveMessage{}, err
	}
	whole, err := renderLive(monitorpage.Update(v, true, now), m.zone)
	if err != nil {
		return liveMessage{}, err
	}
	m.whole, m.wholeAt = whole, now
	return whole, nil
}

// beat returns the picture of the moment, with the cameras where they have
// changed.
func (m *monitorFeed) beat(now time.Time) (liveMessage, error) {
	var parts []templ.Component
	if m.taken != nil {
		parts = append(parts, monitorpage.AcknowledgedMessage(*m.taken))
	}
	m.stale, m.taken, m.beatAt, m.whole = false, nil, now, liveMessage{}
	v, err := m.view(now)
	if err != nil {
		return liveMessage{}, err
	}
	tiles := !slices.Equal(v.Tiles, m.tiles) || now.Sub(m.tilesAt) >= monitorTilesAnew
	if tiles {
		m.tiles, m.tilesAt = v.Tiles, now
	}
	return renderLive(templ.Join(append(parts, monitorpage.Update(v, tiles, now))...), m.zone)
}

// beat sends a beat to all who watch. Without one their picture is stale and
// says so: if it can't be had, the watchers go and come back.
func (f *liveFeed) beat() error {
	m, err := f.monitor.beat(f.feeds.now())
	if err != nil {
		f.feeds.log.Error("monitor failed", slog.Any("error", err))
		return fmt.Errorf("show monitors the moment: %w", err)
	}
	f.broadcast(m)
	return nil
}

// acknowledged tells every monitor that somebody took note of an alert.
func (l *liveFeeds) acknowledged(t monitorpage.Acknowledged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.feeds {
		if f.monitor == nil || t.Event != nil && !f.monitor.filter.Match(t.Event) {
			continue
		}
		told := t
		if t.Event == nil && f.key.reach != nil {
			told.Count, told.AtLeast = 0, false // it counts other cameras' alerts
		}
		select {
		case f.taken <- told:
		default: // the next beat has what the store knows
		}
	}
}
