package eventlog

import (
	"sync"

	"postern/internal/event"
)

// redacted tells a reader of the log that events have changed.
type redacted struct {
	telling sync.Mutex
	tell    func([]*event.Event)
}

// OnRedacted makes the log call f whenever events were erased, or removed from the middle of
// the log (event.Event.IsRemoved), or have got or lost their snapshot. It is called after the commit, by one goroutine at a
// time. Call OnRedacted before retention and erasures run.
func (r *redacted) OnRedacted(f func([]*event.Event)) { r.tell = f }

// TellRedacted passes events as they are after the change.
func (r *redacted) TellRedacted(events []*event.Event) {
	r.telling.Lock()
	defer r.telling.Unlock()
	if r.tell != nil && len(events) > 0 {
		r.tell(events)
	}
}
