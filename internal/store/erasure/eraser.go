package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/legalhold"
	"postern/internal/store/secretbox"
	"postern/internal/store/snapshots"
)

// ErrTooMany says that the largest number of erasures is under way.
var ErrTooMany = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Many erasures are under way. Send this one again once some of them are done.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("too many erasures wait"),
}

// Completed is a complete erasure: when it was accepted, and of how many events it was.
type Completed struct {
	At     time.Time
	Events int64
}

// erasing is an erasure under way. It has erased the events up to position.
type erasing struct {
	n                 int64 // the row
	identity          string
	at                time.Time
	position, through int64
	events            int64
}

// erasingPlace is the place that the identity of an erasure under way is encrypted for.
const erasingPlace = "erasing"

// maxErasing is how many erasures may be under way.
const maxErasing = 1000

// Eraser carries out erasures. Its methods are safe for concurrent use.
type Eraser struct {
	db              *database.DB
	secrets         *secretbox.Box
	log             *eventlog.Log
	holds           *legalhold.Store
	snapshots       *snapshots.Store
	alerts          *alerts.Store
	opts            Options
	queue           *queue
	completedBefore int64
}

// Options are the settings of an Eraser.
type Options struct {
	// PageBytes bounds the events of one step, which has at least one event.
	PageBytes int64
	Logger    *slog.Logger
}

// New returns the eraser of a log. The box encrypts the identities of erasures under way.
func New(db *database.DB, secrets *secretbox.Box, log *eventlog.Log, holds *legalhold.Store, snaps *snapshots.Store,
	open *alerts.Store, opts Options,
) *Eraser {
	return &Eraser{db: db, secrets: secrets, log: log, holds: holds, snapshots: snaps, alerts: open, opts: opts, queue: newQueue()}
}

// Load counts the erasures that are complete.
func (e *Eraser) Load(ctx context.Context) error {
	err := e.db.Reader().QueryRowContext(ctx, "SELECT coalesce(max(n), 0) FROM erasures").Scan(&e.completedBefore)
	if err != nil {
		return fmt.Errorf("count the erasures: %w", err)
	}
	return nil
}

// CompletedBefore returns how many erasures were complete when the store was opened.
func (e *Eraser) CompletedBefore() int64 { return e.completedBefore }

// underWay returns the oldest erasures that are not complete.
func (e *Eraser) underWay(ctx context.Context, limit int) ([]erasing, error) {
	const query = "SELECT n, identity, at, position, through, events FROM erasing ORDER BY n LIMIT ?"
	return database.QueryAll(ctx, e.db.Reader(), func(row database.Row) (job erasing, err error) {
		var at int64
		if err = row.Scan(&job.n, &job.identity, &at, &job.position, &job.through, &job.events); err != nil {
			return job, err
		}
		job.at = event.FromMicro(at)
		job.identity, err = e.secrets.Decrypt(job.identity, erasingPlace)
		return job, err
	}, query, limit)
}
