package web

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
	"postern/views/eventlist"
	monitorpage "postern/views/monitor"
	"postern/views/ui"
)

const (
	heartbeatEvery = 2 * time.Second
	heartbeatFast  = time.Second // while rows arrive
	// liveRest is the time between two looks at the log. Under a flood it
	// makes one look of many wakings, and is short enough for the ring to
	// still hold everything.
	liveRest       = 25 * time.Millisecond
	liveSearchTime = 5 * time.Second
	liveSnapshotOK = 5 * time.Second // retention may have removed what is older
	livePollEvents = 1000
)

// liveFeed follows the log through one filter for all who watch it.
type liveFeed struct {
	feeds *liveFeeds
	key   liveKey
	name  string

	watchers int // guarded by feeds.mu

	join, part chan *liveWatcher
	rewrites   liveRewrites
	taken      chan monitorpage.Acknowledged // for monitors
	quit       chan struct{}                 // closed when the last watcher has left
	done       chan struct{}                 // closed when run has returned

	// The rest belongs to run.
	sub      *hub.Subscription
	present  map[*liveWatcher]struct{}
	monitor  *monitorFeed // nil for other pages; set before run
	pace     livePace
	unshown  metrics.RateCounter[struct{}]
	newest   int64 // the newest matching event's number
	snapshot liveMessage
	snapFor  int64 // newest, as of the snapshot
	snapAt   time.Time

	heartbeatAt time.Time
}

func newLiveFeed(feeds *liveFeeds, key liveKey, name string) *liveFeed {
	f := &liveFeed{
		feeds: feeds, key: key, name: name,
		join: make(chan *liveWatcher), part: make(chan *liveWatcher), taken: make(chan monitorpage.Acknowledged, takenQueue),
		rewrites: liveRewrites{ready: make(chan struct{}, 1)},
		quit:     make(chan struct{}), done: make(chan struct{}),
		present: make(map[*liveWatcher]struct{}),
	}
	if key.monitor {
		f.monitor = &monitorFeed{site: feeds.site, filter: key.filter, reach: key.reach, webhooks: key.webhooks, zone: key.zone}
	}
	return f
}

// run is the feed's life: it ends with its last watcher, with the feeds, or
// with the hub.
func (f *liveFeed) run() {
	defer f.finish()
	var ready <-chan struct{}
	if !f.key.stateOnly {
		f.sub = f.feeds.hub.Subscribe(f.key.filter, hub.FromNow, hub.Live)
		defer f.sub.Close()
		ready = f.sub.Ready()
	}
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	update := time.NewTimer(time.Hour)
	defer update.Stop()
	rest := time.NewTimer(time.Hour)
	defer rest.Stop()
	listen := ready
	for {
		select {
		case w := <-f.join:
			f.present[w] = struct{}{} // finish ends it too, whatever becomes of the welcome
			if err := f.welcome(w); err != nil {
				f.feeds.log.Error("live snapshot failed", slog.Any("error", err))
				delete(f.present, w)
				w.end(socket.CloseError)
				continue
			}
		case w := <-f.part:
			delete(f.present, w)
		case <-f.rewrites.ready:
			f.rewrite()
		case <-listen:
			if err := f.read(); err != nil {
				return
			}
			listen = nil
			rest.Reset(liveRest)
		case <-rest.C:
			listen = ready
		case <-update.C:
			if err := f.update(); err != nil {
				return
			}
		case t := <-f.taken:
			if f.monitor != nil {
				f.monitor.tell(t)
			}
		case <-tick.C:
			if f.monitor != nil {
				if err := f.beat(); err != nil {
					return
				}
			}
			f.beatHeart()
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

// wait returns how long it is until the next update; false when there is
// nothing to show.
func (f *liveFeed) wait(now time.Time) (time.Duration, bool) {
	d, waits := f.pace.wait(now)
	if f.monitor != nil {
		if alert, came := f.monitor.wait(now); came && (!waits || alert < d) {
			return alert, true
		}
	}
	return d, waits
}

// finish ends what is left of the feed.
func (f *liveFeed) finish() {
	if cause := recover(); cause != nil {
		// A panic here would take the process along, and with it every
		// delivery. The browsers come back and get a new feed.
		f.feeds.log.Error("live feed panicked", slog.Any("cause", cause))
	}
	f.feeds.mu.Lock()
	f.feeds.forget(f)
	f.feeds.mu.Unlock()
	for w := range f.present {
		w.end(socket.CloseRestart)
	}
	close(f.done)
}

// read takes everything that the log has for the feed by now.
func (f *liveFeed) read() error {
	for {
		batch, err := f.sub.Poll(context.Background(), livePollEvents)
		if err != nil {
			if !errors.Is(err, hub.ErrClosed) {
				f.feeds.log.Error("live feed failed", slog.Any("error", err))
			}
			return err
		}
		for _, e := range batch.Events {
			f.newest = e.Seq
			if f.monitor == nil || !f.monitor.takes(e) {
				f.pace.add(e)
			}
		}
		f.pace.skip(batch.Missed, f.monitor == nil && len(ui.FilterQuery(f.key.filter)) == 0)
		if batch.Missed > 0 {
			f.newest = f.sub.Position()
			if f.monitor != nil {
				f.monitor.stale = true // alerts may be among them
			}
		}
		if len(batch.Events) < livePollEvents {
			return nil
		}
	}
}

// welcome gives a watcher the newest events and a heartbeat. Since the feed's
// goroutine does it, no update comes between the two or goes missing.
func (f *liveFeed) welcome(w *liveWatcher) error {
	now := f.feeds.now()
	if f.sub != nil {
		if f.snapshot.frame == nil || f.snapFor != f.newest || now.Sub(f.snapAt) > liveSnapshotOK {
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

func (f *liveFeed) takeSnapshot(now time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), liveSearchTime)
	defer cancel()
	q, some := event.Query{Filter: f.key.filter, Limit: liveSnapshotRows, Cursor: f.sub.Position() + 1}, true
	if f.monitor != nil {
		q.Filter, some = streamFilter(q.Filter)
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

// update shows what waits to everybody.
func (f *liveFeed) update() error {
	now := f.feeds.now()
	if f.monitor != nil {
		if d, came := f.monitor.wait(now); came && d == 0 {
			if err := f.beat(); err != nil {
				return err
			}
		}
	}
	if d, waits := f.pace.wait(now); !waits || d > 0 {
		return nil
	}
	rows, more, doubt := f.pace.take(now)
	f.unshown.Add(now, struct{}{}, more)
	m, err := f.render(eventlist.LiveUpdate(rows, more, doubt, now))
	if err != nil {
		f.feeds.log.Error("live update failed", slog.Any("error", err))
		return nil
	}
	m.events = int64(len(rows)) + more
	f.broadcast(m)
	if now.Sub(f.heartbeatAt) >= heartbeatFast {
		f.beatHeart()
	}
	return nil
}

func (f *liveFeed) broadcast(m liveMessage) {
	for w := range f.present {
		w.send(m)
	}
}

// render renders a fragment with its times in the zone of those who watch.
func (f *liveFeed) render(c templ.Component) (liveMessage, error) {
	return renderLive(c, f.key.zone)
}
