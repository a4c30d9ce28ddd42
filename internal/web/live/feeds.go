package live

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/hub"
	"postern/internal/lograte"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/store/alerts"
	"postern/internal/web/socket"
)

const (
	// DefaultLimit is how many sockets may be open at once.
	DefaultLimit = 1000
	queueSize    = 8  // messages, for each socket
	snapshotRows = 50 // events that a page gets when it connects
)

var (
	// ErrFull refuses a socket because Limit sockets are open.
	ErrFull = &problem.Error{
		Code:       problem.Unavailable,
		Detail:     "As many live pages are open as Postern serves at once. Close some, or try again later.",
		RetryAfter: 10 * time.Second,
		Cause:      errors.New("too many live sockets"),
	}
	errStopping = errors.New("live feeds are stopping")
	errErased   = errors.New("events were erased since the page was made")
)

// Feeds are the feeds of all live pages. A feed begins with its first watcher
// and ends with its last.
type Feeds struct {
	hub       *hub.Hub
	perMinute func(now time.Time, cameras ...string) int
	now       func() time.Time
	log       *slog.Logger
	alerts    *alerts.Store
	open      openCounts
	Limit     int // DefaultLimit, except in tests
	// Monitors is the source of the monitors' data. It is set before the first
	// socket.
	Monitors *MonitorSource
	// CameraName returns a camera's name; empty where it has none. Nil means that no
	// camera has one. It is set before the first socket.
	CameraName func(id string) string

	mu       sync.Mutex
	erased   int64 // changes with each erasure and each restart
	feeds    map[string]*feed
	watchers int
	stopped  bool
	stop     chan struct{}
	running  sync.WaitGroup // feeds and sockets

	refused    atomic.Int64 // sockets
	logRefused *lograte.Line
}

// New returns the feeds of live pages, which show the events of h. Run ends
// them.
func New(h *hub.Hub, j *store.Store, now func() time.Time, log *slog.Logger) *Feeds {
	l := &Feeds{hub: h, perMinute: j.Counters.PerMinute, alerts: j.Alerts, now: now, log: log, Limit: DefaultLimit,
		erased: j.Erasure.CompletedBefore() << 20,
		feeds:  make(map[string]*feed), stop: make(chan struct{}),
		logRefused: lograte.New(log, slog.LevelWarn, "live pages refused: too many are open", "live_sockets", time.Minute)}
	h.OnRedacted(l.redacted)
	return l
}

// Run waits for ctx to end, closes every socket with code 1012, so that browsers
// reconnect, and returns when the last socket is closed.
func (l *Feeds) Run(ctx context.Context) error {
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

// Open returns how many sockets are open.
func (l *Feeds) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watchers
}

// Refused returns how many sockets were refused since the start.
func (l *Feeds) Refused() int64 { return l.refused.Load() }

// Erasures identifies the present state of erasures. A page gets it before its
// events are read, and sends it when it connects: if it has changed, the page
// may show erased events and must load again.
func (l *Feeds) Erasures() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.erasuresNow()
}

// erasuresNow is erasures for a caller that holds mu.
func (l *Feeds) erasuresNow() string { return strconv.FormatInt(l.erased, 36) }

// watch adds a watcher; the caller calls leave. erasures is the state of
// erasures when the page was made; empty for a page that shows no events.
func (l *Feeds) watch(key Key, erasures string) (*watcher, error) {
	w := &watcher{out: make(chan message, queueSize), gone: make(chan struct{})}
	l.mu.Lock()
	switch {
	case erasures != "" && erasures != l.erasuresNow():
		l.mu.Unlock()
		return nil, errErased
	case l.stopped:
		l.mu.Unlock()
		return nil, errStopping
	case l.watchers >= l.Limit:
		l.mu.Unlock()
		return nil, l.refuse()
	}
	l.watchers++
	l.running.Add(1)
	name := key.String()
	f := l.feeds[name]
	if f == nil {
		f = newFeed(l, key, name)
		l.feeds[name] = f
		l.running.Go(f.run)
	}
	f.watcherCount++
	l.mu.Unlock()
	w.feed = f

	select {
	case f.joining <- w:
	case <-f.done:
		w.end(socket.CloseRestart)
	}
	return w, nil
}

// leave removes a watcher. Its queue gets no more messages.
func (l *Feeds) leave(w *watcher) {
	select {
	case w.feed.leaving <- w:
	case <-w.feed.done:
	}
	l.mu.Lock()
	l.watchers--
	if w.feed.watcherCount--; w.feed.watcherCount == 0 {
		l.forget(w.feed)
		close(w.feed.quit)
	}
	l.mu.Unlock()
	l.running.Done()
}

// forget removes a feed, so that no watcher joins it any more. The caller holds
// mu.
func (l *Feeds) forget(f *feed) {
	if l.feeds[f.name] == f {
		delete(l.feeds, f.name)
	}
}
