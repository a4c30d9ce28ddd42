package retention

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/eventlog"
	"postern/internal/store/indexer"
	"postern/internal/store/legalhold"
	"postern/internal/store/requests"
	"postern/internal/store/silences"
	"postern/internal/store/snapshots"
	"postern/internal/store/wallclock"
)

// StepRows is how many rows one step of a rule removes. Retention works in small steps with
// pauses between them, so that other writers never wait for more than one step.
const (
	StepRows = 500
	pause    = 10 * time.Millisecond
)

// Policy is what the store keeps: for how long events and attempts after they arrived, and
// how many bytes of the file may be in use. Beyond Bytes, the oldest events go first.
type Policy struct {
	Events, Attempts time.Duration
	Bytes            int64
	// Types are the event types that are kept for a shorter time than Events.
	Types map[event.Type]time.Duration
	// Snapshots is how long snapshots are kept, and SnapshotBytes how much room their
	// files may take before the oldest go.
	Snapshots     time.Duration
	SnapshotBytes int64
}

// Rooms are the parts of the store from which retention removes rows.
type Rooms struct {
	DB         *database.DB
	Clock      *wallclock.Guard
	Log        *eventlog.Log
	Indexer    *indexer.Indexer
	Holds      *legalhold.Store
	Alerts     *alerts.Store
	Silences   *silences.Store
	Deliveries *deliveries.Store
	Requests   *requests.Store
	Snapshots  *snapshots.Store
}

// Retention removes what the policy doesn't keep. Its methods are safe for concurrent use.
type Retention struct {
	// Policy is set before retention runs.
	Policy Policy

	rooms     Rooms
	pageBytes int64

	running sync.Mutex   // held by the one Run that moves first
	removed atomic.Int64 // events
}

// New returns the retention of a store. A step by type reads at most pageBytes of events, but
// at least one event.
func New(rooms Rooms, policy Policy, pageBytes int64) *Retention {
	return &Retention{Policy: policy, rooms: rooms, pageBytes: pageBytes}
}

// Removed returns how many events retention has removed.
func (r *Retention) Removed() int64 { return r.removed.Load() }

// Run removes events and attempts until the policy is kept, and returns how many events it
// removed.
func (r *Retention) Run(ctx context.Context) (removed int64, err error) {
	r.running.Lock()
	defer r.running.Unlock()
	for {
		n, more, err := r.step(ctx)
		removed += n
		if err != nil || !more {
			return removed, err
		}
		if err := database.Wait(ctx, pause); err != nil {
			return removed, err
		}
	}
}

// step runs one step of each rule of retention, and returns how many events
// they removed. more says that another round may find something.
func (r *Retention) step(ctx context.Context) (removed int64, more bool, err error) {
	for _, rule := range []struct {
		name string
		step func(context.Context) (events int64, more bool, err error)
	}{
		{"remove events", r.removeOldest},
		{"remove events of a type", r.removeByType},
		{"remove snapshots", withoutEvents(r.removeSnapshots)},
		{"redact attempts at removed events", withoutEvents(r.redactRemoved)},
		{"remove attempts", withoutEvents(r.removeOldAttempts)},
		{"remove the events of released holds", withoutEvents(r.rooms.Holds.RemoveReleased)},
		{"forget requests", withoutEvents(r.forgetRequests)},
		{"give room back", withoutEvents(r.rooms.DB.Shrink)},
	} {
		events, again, err := rule.step(ctx)
		if err != nil {
			return removed, false, fmt.Errorf("%s: %w", rule.name, err)
		}
		removed, more = removed+events, more || again
	}
	return removed, more, nil
}

// withoutEvents is a rule that removes no event of the log.
func withoutEvents(step func(context.Context) (more bool, err error)) func(context.Context) (int64, bool, error) {
	return func(ctx context.Context) (int64, bool, error) {
		more, err := step(ctx)
		return 0, more, err
	}
}

// forgetRequests removes a step's worth of expired requests.
func (r *Retention) forgetRequests(ctx context.Context) (more bool, err error) {
	return r.rooms.Requests.RemoveOld(ctx, r.rooms.Clock.Before(requests.MaxAge), StepRows)
}
