package live

import (
	"log/slog"
	"slices"
	"sync"

	"postern/internal/event"
	"postern/internal/web/socket"
	"postern/views/eventlist"
)

// MaxRedactedRows is how many rows are replaced on open pages one by one. If
// more events are erased at once, the pages load again.
const MaxRedactedRows = 50

// redactions are erased events for a feed.
type redactions struct {
	ready chan struct{} // capacity 1

	mu     sync.Mutex
	events []*event.Event
	more   bool           // than events has
	images []*event.Event // that have got or lost their snapshot; the first MaxRedactedRows
}

func (r *redactions) add(events []*event.Event, of event.Filter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		switch {
		case !of.Match(e):
		case !e.Redacted():
			if len(r.images) < MaxRedactedRows {
				r.images = append(r.images, e)
			}
		case e.IsRemoved(): // removed, as by retention: pages keep such rows
		case len(r.events) < MaxRedactedRows:
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

func (r *redactions) take() (events, images []*event.Event, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, images, more = r.events, r.images, r.more
	r.events, r.images, r.more = nil, nil, false
	return events, images, more
}

// redacted gives erased events, and those that have got or lost their snapshot, to every
// feed that may show them. Only the cameras
// of a feed's filter are compared: an erased event keeps its camera, but the
// other parts of the filter may have matched the erased data.
func (l *Feeds) redacted(events []*event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(events, func(e *event.Event) bool { return !e.Erased.IsZero() }) {
		l.erased++
	}
	for _, f := range l.feeds {
		if !f.key.StateOnly {
			f.redactions.add(events, event.Filter{Cameras: f.key.Filter.Cameras})
		}
	}
}

// redact replaces the erased events on all pages.
func (f *feed) redact() {
	events, images, more := f.redactions.take()
	if len(images) > 0 {
		f.showImages(images)
	}
	if len(events) == 0 && !more {
		return
	}
	f.snapshot = message{}
	f.pacer.redact(events, more)
	if f.monitor != nil {
		// Its alerts are rendered otherwise.
		f.monitor.whole, f.monitor.stale, more = message{}, true, true
	}
	if len(events) == 0 {
		return
	}
	m, err := f.render(eventlist.LiveRewritten(events, f.feeds.now()))
	if err != nil {
		f.feeds.log.Error("live rewrite failed", slog.Any("error", err))
		more = true
	}
	for w := range f.watchers {
		// A browser with a full queue must not keep showing erased data.
		if more || !w.offer(m) {
			w.end(socket.CloseReload)
			delete(f.watchers, w)
		}
	}
}

// showImages shows events with the snapshot that they have got, or without the one that
// they have lost, on all pages. A browser with a full queue shows it with the next page.
func (f *feed) showImages(events []*event.Event) {
	f.snapshot = message{}
	f.pacer.redact(events, false)
	if f.monitor != nil {
		f.monitor.whole, f.monitor.stale = message{}, true
	}
	m, err := f.render(eventlist.LiveRewritten(events, f.feeds.now()))
	if err != nil {
		f.feeds.log.Error("live rewrite failed", slog.Any("error", err))
		return
	}
	for w := range f.watchers {
		w.offer(m)
	}
}

// redact replaces waiting events. If there are more than the given ones, all
// waiting events are counted and not shown.
func (p *pacer) redact(events []*event.Event, more bool) {
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

// offer queues a message if the queue has room.
func (w *watcher) offer(m message) bool {
	select {
	case w.out <- m:
		return true
	default:
		return false
	}
}
