package web

import (
	"log/slog"
	"slices"
	"sync"

	"postern/internal/event"
	"postern/internal/web/socket"
	"postern/views/eventlist"
)

// liveRewriteRows is how many rows are replaced on open pages one by one.
// With more of them at once every browser is told to load its page anew.
const liveRewriteRows = 50

// liveRewrites are events that were erased, on their way to a feed.
type liveRewrites struct {
	ready chan struct{} // capacity 1

	mu     sync.Mutex
	events []*event.Event
	more   bool // than are held here
}

func (r *liveRewrites) add(events []*event.Event, of event.Filter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		switch {
		case !of.Match(e):
		case e.IsGone(): // as when retention removes what a page shows
		case len(r.events) < liveRewriteRows:
			r.events = append(r.events, e)
		default:
			r.more = true
		}
	}
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

func (r *liveRewrites) take() (events []*event.Event, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, more = r.events, r.more
	r.events, r.more = nil, false
	return events, more
}

// rewritten hands events that were erased to every feed that may show them. An
// erasure leaves an event its camera; the rest of a feed's filter may have
// picked it by what is gone.
func (l *liveFeeds) rewritten(events []*event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(events, func(e *event.Event) bool { return !e.IsGone() }) {
		l.erased++
	}
	for _, f := range l.feeds {
		if !f.key.stateOnly {
			f.rewrites.add(events, event.Filter{Cameras: f.key.filter.Cameras})
		}
	}
}

// rewrite takes what was erased off every page that shows it.
func (f *liveFeed) rewrite() {
	events, more := f.rewrites.take()
	f.snapshot = liveMessage{}
	f.pace.rewrite(events, more)
	if f.monitor != nil {
		// Its alerts are rows of another kind.
		f.monitor.whole, f.monitor.stale, more = liveMessage{}, true, true
	}
	if len(events) == 0 {
		return
	}
	m, err := f.render(eventlist.LiveRewritten(events, f.feeds.now()))
	if err != nil {
		f.feeds.log.Error("live rewrite failed", slog.Any("error", err))
		more = true
	}
	for w := range f.present {
		// A browser that this can't reach must not go on showing it.
		if more || !w.offer(m) {
			w.end(socket.CloseReload)
			delete(f.present, w)
		}
	}
}

// rewrite replaces what waits to be shown. If there is more than is known, all
// of that is counted and not shown.
func (p *livePace) rewrite(events []*event.Event, more bool) {
	for _, kept := range []*[]*event.Event{&p.urgent, &p.ordinary} {
		if more {
			*kept = nil
		}
		for i, e := range *kept {
			if at := slices.IndexFunc(events, func(left *event.Event) bool { return left.Seq == e.Seq }); at >= 0 {
				(*kept)[i] = events[at]
			}
		}
	}
}

// offer queues a message if there is room.
func (w *liveWatcher) offer(m liveMessage) bool {
	select {
	case w.out <- m:
		return true
	default:
		return false
	}
}
