package web

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/lograte"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/web/socket"
	"postern/views/ui"
)

// Bounds of the live sockets.
const (
	maxLiveSockets   = 1000
	liveQueue        = 8  // messages that wait for one socket
	liveSnapshotRows = 50 // events that a browser gets when it connects
)

var (
	errLiveFull = &problem.Error{
		Code:       problem.Unavailable,
		Detail:     "As many live pages are open as Postern serves at once. Close some, or try again later.",
		RetryAfter: 10 * time.Second,
		Cause:      errors.New("too many live sockets"),
	}
	errLiveStopping = errors.New("live feeds are stopping")
	errLiveErased   = errors.New("events were erased since the page was made")
)

// liveFeeds renders what live pages show. There is one feed for each distinct
// filter that somebody watches, so that a fragment is rendered once however
// many browsers get it; a feed begins with its first watcher and ends with
// its last.
type liveFeeds struct {
	hub       *hub.Hub
	perMinute func(now time.Time, cameras ...string) int
	now       func() time.Time
	log       *slog.Logger
	most      int // maxLiveSockets, but for tests
	// site is what monitors show; only a feed for them asks for it.
	site *monitorSite

	mu       sync.Mutex
	erased   int64 // another number after each erasure, and after a restart
	feeds    map[string]*liveFeed
	watchers int
	stopped  bool
	stop     chan struct{}
	running  sync.WaitGroup // feeds and sockets

	refused    atomic.Int64 // sockets
	logRefused *lograte.Line
}

func newLiveFeeds(h *hub.Hub, j *store.Store, now func() time.Time, log *slog.Logger) *liveFeeds {
	l := &liveFeeds{hub: h, perMinute: j.Counters.PerMinute, now: now, erased: j.ErasedBefore() << 20, log: log, most: maxLiveSockets, feeds: make(map[string]*liveFeed), stop: make(chan struct{}),
		logRefused: lograte.New(log, slog.LevelWarn, "live pages are refused: as many are open as Postern serves", "live_sockets", time.Minute)}
	h.OnRewritten(l.rewritten)
	return l
}

// Run waits for ctx to end, ends every live socket (with close code 1012, so
// that browsers come back), and returns when the last of them is gone.
func (l *liveFeeds) Run(ctx context.Context) error {
	<-ctx.Done()
	l.mu.Lock()
	if !l.stopped {
		l.stopped = true
		close(l.stop)
	}
	l.mu.Unlock()
	l.running.Wait()
	return nil
}

// liveKey tells feeds apart.
type liveKey struct {
	filter event.Filter
	// stateOnly asks for the rate in the header, and no events.
	stateOnly bool
	// monitor asks for what a wall shows: alerts apart, cameras, totals.
	monitor bool
	// webhooks asks for the monitor of who may know how these fare.
	webhooks bool
	// reach are the cameras that who watches is restricted to, and whose
	// events the rate in the header counts; nil is all.
	reach []string
	// zone is where the clocks of those who watch are; nil is UTC. A feed that
	// shows no time has none.
	zone *time.Location
}

func (k liveKey) String() string {
	if k.stateOnly {
		return "state?" + ui.FilterQuery(event.Filter{Cameras: k.reach}).Encode()
	}
	if k.zone != nil {
		inUTC := k
		inUTC.zone = nil
		return "in " + k.zone.String() + " " + inUTC.String()
	}
	if k.reach != nil {
		// Another feed than that of somebody who has chosen the same cameras.
		unrestricted := k
		unrestricted.reach = nil
		return "within " + ui.FilterQuery(event.Filter{Cameras: k.reach}).Encode() + " " + unrestricted.String()
	}
	if k.webhooks {
		return "monitor with webhooks?" + ui.FilterQuery(k.filter).Encode()
	}
	if k.monitor {
		return "monitor?" + ui.FilterQuery(k.filter).Encode()
	}
	return "rows?" + ui.FilterQuery(k.filter).Encode()
}

// watching returns how many sockets there are.
func (l *liveFeeds) watching() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watchers
}

// room returns errLiveFull where another socket would be refused now.
func (l *liveFeeds) room() error {
	if l.sockets() < l.most {
		return nil
	}
	return l.refuse()
}

// refuse counts a socket that is refused.
func (l *liveFeeds) refuse() error {
	l.refused.Add(1)
	l.logRefused.Add(1, slog.Int("max_live_sockets", l.most))
	return errLiveFull
}

// sockets is how many live sockets are open.
func (l *liveFeeds) sockets() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watchers
}

// erasures tells how far erasing has come. A page takes it before it reads what
// it shows, and says it when it connects: what was erased while it wasn't
// connected may still be on it.
func (l *liveFeeds) erasures() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.erasuresNow()
}

// erasuresNow is erasures for a caller that holds mu.
func (l *liveFeeds) erasuresNow() string { return strconv.FormatInt(l.erased, 36) }

// watch adds a watcher. Whoever gets one must leave. erasures is what the page
// was told when it was made; empty for a page that shows no event.
func (l *liveFeeds) watch(key liveKey, erasures string) (*liveWatcher, error) {
	w := &liveWatcher{out: make(chan liveMessage, liveQueue), gone: make(chan struct{})}
	l.mu.Lock()
	switch {
	case erasures != "" && erasures != l.erasuresNow():
		l.mu.Unlock()
		return nil, errLiveErased
	case l.stopped:
		l.mu.Unlock()
		return nil, errLiveStopping
	case l.watchers >= l.most:
		l.mu.Unlock()
		return nil, l.refuse()
	}
	l.watchers++
	l.running.Add(1)
	name := key.String()
	f := l.feeds[name]
	if f == nil {
		f = newLiveFeed(l, key, name)
		l.feeds[name] = f
		l.running.Go(f.run)
	}
	f.watchers++
	l.mu.Unlock()
	w.feed = f

	select {
	case f.join <- w:
	case <-f.done:
		w.end(socket.CloseRestart)
	}
	return w, nil
}

// leave ends a watch. The watcher's queue gets nothing more.
func (l *liveFeeds) leave(w *liveWatcher) {
	select {
	case w.feed.part <- w:
	case <-w.feed.done:
	}
	l.mu.Lock()
	l.watchers--
	if w.feed.watchers--; w.feed.watchers == 0 {
		l.forget(w.feed)
		close(w.feed.quit)
	}
	l.mu.Unlock()
	l.running.Done()
}

// forget takes a feed off the list, so that nobody joins it any more. The
// caller holds mu.
func (l *liveFeeds) forget(f *liveFeed) {
	if l.feeds[f.name] == f {
		delete(l.feeds, f.name)
	}
}
