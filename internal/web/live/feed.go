package live

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/metrics"
	"postern/internal/web/socket"
	"postern/views/cameraname"
	"postern/views/eventlist"
	monitorpage "postern/views/monitor"
	"postern/views/ui"
)

const (
	heartbeatInterval     = 2 * time.Second
	busyHeartbeatInterval = time.Second // while events arrive
	// coalesceInterval is the time between two reads of the log. In a flood it
	// makes one read of many wakings. It is short enough that the ring still
	// has all events.
	coalesceInterval = 25 * time.Millisecond
	searchTimeout    = 5 * time.Second
	snapshotTTL      = 5 * time.Second // retention may have removed older events
	pollEvents       = 1000
)

// feed follows the log through one filter for all its watchers.
type feed struct {
	feeds *Feeds
	key   Key
	name  string

	watcherCount int // guarded by feeds.mu

	joining, leaving chan *watcher
	redactions       redactions
	acknowledgements chan monitorpage.Acknowledged // for monitors
	quit             chan struct{}                 // closed when the last watcher has left
	done             chan struct{}                 // closed when run has returned

	// The rest belongs to run.
	sub      *hub.Subscription
	watchers map[*watcher]struct{}
	monitor  *monitorFeed // nil for other pages; set before run
	pacer    pacer
	hidden   metrics.RateCounter[struct{}]
	newest   int64 // the newest matching event's number
	snapshot message
	snapFor  int64 // newest, as of the snapshot
	snapAt   time.Time

	heartbeatAt time.Time
}

func newFeed(feeds *Feeds, key Key, name string) *feed {
	f := &feed{
		feeds: feeds, key: key, name: name,
		joining: make(chan *watcher), leaving: make(chan *watcher), acknowledgements: make(chan monitorpage.Acknowledged, acknowledgementQueue),
		redactions: redactions{ready: make(chan struct{}, 1)},
		quit:       make(chan struct{}), done: make(chan struct{}),
		watchers: make(map[*watcher]struct{}),
	}
	if key.Monitor {
		f.monitor = &monitorFeed{source: feeds.Monitors, filter: key.Filter, cameraScope: key.CameraScope, webhooks: key.Webhooks,
			render: f.render}
	}
	return f
}

// run serves the feed until its last watcher leaves, the feeds stop, or the hub
// closes.
func (f *feed) run() {
	defer f.finish()
	var ready <-chan struct{}
	if !f.key.StateOnly {
		f.sub = f.feeds.hub.Subscribe(f.key.Filter, hub.FromNow, hub.Live)
		defer f.sub.Close()
		ready = f.sub.Ready()
	}
	tick := time.NewTicker(heartbeatInterval)
	defer tick.Stop()
	update := time.NewTimer(time.Hour)
	defer update.Stop()
	rest := time.NewTimer(time.Hour)
	defer rest.Stop()
	listen := ready
	for {
		select {
		case w := <-f.joining:
			f.watchers[w] = struct{}{} // even if welcome fails, finish ends it
			if err := f.welcome(w); err != nil {
				f.feeds.log.Error("live snapshot failed", slog.Any("error", err))
				delete(f.watchers, w)
				w.end(socket.CloseError)
				continue
			}
		case w := <-f.leaving:
			delete(f.watchers, w)
		case <-f.redactions.ready:
			f.redact()
		case <-listen:
			if err := f.read(); err != nil {
				return
			}
			listen = nil
			rest.Reset(coalesceInterval)
		case <-rest.C:
			listen = ready
		case <-update.C:
			if err := f.update(); err != nil {
				return
			}
		case t := <-f.acknowledgements:
			if f.monitor != nil {
				f.monitor.acknowledge(t)
			}
		case <-tick.C:
			if f.monitor != nil {
				if err := f.refresh(); err != nil {
					return
				}
			}
			f.sendHeartbeat()
		case <-f.feeds.hub.Done():
			return
		case <-f.feeds.stop:
			return
		case <-f.quit:
			return
		}
		if d, waits := f.wait(f.feeds.now()); waits {
			update.Reset(d)
		}
	}
}

// wait returns the time until the next update; false if there is nothing to
// show.
func (f *feed) wait(now time.Time) (time.Duration, bool) {
	d, waits := f.pacer.wait(now)
	if f.monitor != nil {
		if alert, came := f.monitor.wait(now); came && (!waits || alert < d) {
			return alert, true
		}
	}
	return d, waits
}

// finish removes the feed and ends its watchers.
func (f *feed) finish() {
	if cause := recover(); cause != nil {
		// A panic here would end the process, and with it every delivery. The
		// browsers reconnect and get a new feed.
		f.feeds.log.Error("live feed panicked", slog.Any("cause", cause))
	}
	f.feeds.mu.Lock()
	f.feeds.forget(f)
	f.feeds.mu.Unlock()
	for w := range f.watchers {
		w.end(socket.CloseRestart)
	}
	close(f.done)
}

// read reads the new events of the log.
func (f *feed) read() error {
	for {
		batch, err := f.sub.Poll(context.Background(), pollEvents)
		if err != nil {
			if !errors.Is(err, hub.ErrClosed) {
				f.feeds.log.Error("live feed failed", slog.Any("error", err))
			}
			return err
		}
		for _, e := range batch.Events {
			f.newest = e.Seq
			if f.monitor == nil || !f.monitor.isForAlerts(e) {
				f.pacer.add(e)
			}
		}
		f.pacer.skip(batch.Missed, f.monitor == nil && len(ui.FilterQuery(f.key.Filter)) == 0)
		if batch.Missed > 0 {
			f.newest = f.sub.Position()
			if f.monitor != nil {
				f.monitor.stale = true // alerts may be among them
			}
		}
		if len(batch.Events) < pollEvents {
			return nil
		}
	}
}

// welcome sends a watcher the newest events and a heartbeat. Since the feed's
// goroutine does it, no update is lost or sent between the two.
func (f *feed) welcome(w *watcher) error {
	now := f.feeds.now()
	if f.sub != nil {
		if f.snapshot.frame == nil || f.snapFor != f.newest || now.Sub(f.snapAt) > snapshotTTL {
			if err := f.takeSnapshot(now); err != nil {
				return err
			}
		}
		w.send(f.snapshot)
	}
	if f.monitor != nil {
		m, err := f.monitor.join(now)
		if err != nil {
			return err
		}
		w.send(m)
	}
	m, err := f.makeHeartbeat(now)
	if err != nil {
		return err
	}
	w.send(m)
	return nil
}

func (f *feed) takeSnapshot(now time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout)
	defer cancel()
	q, some := event.Query{Filter: f.key.Filter, Limit: snapshotRows, Cursor: f.sub.Position() + 1}, true
	if f.monitor != nil {
		q.Filter, some = StreamFilter(q.Filter)
		q.Limit = monitorpage.MaxRows
	}
	var page event.Page
	if some {
		var err error
		if page, err = f.feeds.hub.Search(ctx, q); err != nil {
			return err
		}
	}
	snapshot, err := f.render(eventlist.LiveSnapshot(page.Events, now))
	if err != nil {
		return err
	}
	f.snapshot, f.snapFor, f.snapAt = snapshot, f.newest, now
	return nil
}

// update sends the waiting events to all watchers.
func (f *feed) update() error {
	now := f.feeds.now()
	if f.monitor != nil {
		if d, came := f.monitor.wait(now); came && d == 0 {
			if err := f.refresh(); err != nil {
				return err
			}
		}
	}
	if d, waits := f.pacer.wait(now); !waits || d > 0 {
		return nil
	}
	rows, more, doubt := f.pacer.take(now)
	f.hidden.Add(now, struct{}{}, more)
	m, err := f.render(eventlist.LiveUpdate(rows, more, doubt, now))
	if err != nil {
		f.feeds.log.Error("live update failed", slog.Any("error", err))
		return nil
	}
	m.events = int64(len(rows)) + more
	f.broadcast(m)
	if now.Sub(f.heartbeatAt) >= busyHeartbeatInterval {
		f.sendHeartbeat()
	}
	return nil
}

func (f *feed) broadcast(m message) {
	for w := range f.watchers {
		w.send(m)
	}
}

// render renders a fragment with its times in the watchers' zone, and with snapshots if
// they may see them.
func (f *feed) render(c templ.Component) (message, error) {
	ctx := ui.WithZone(context.Background(), f.key.Zone)
	if !f.key.Snapshots {
		ctx = ui.WithDenied(ctx, ui.ActionSeeSnapshots)
	}
	return renderMessage(cameraname.With(ctx, f.feeds.CameraName), c)
}
