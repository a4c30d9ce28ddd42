package alerts

import (
	"context"
	"database/sql"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Span is how many alerts, open and acknowledged ones, a page or a count looks at.
const Span = 20_000

// Log is what the alerts need of the log.
type Log struct {
	// First and Head return the oldest and the newest sequence number.
	First, Head func() int64
	// Collect reads rows of eventrow.Columns up to the bytes of a page, and closes
	// them. full says that there may be more rows.
	Collect func(rows *sql.Rows) (events []*event.Event, full bool, err error)
	// Find returns the event that an announcement of a site means by an id; nil if
	// the log has none.
	Find func(ctx context.Context, tx *database.Tx, id, site string) (*event.Event, error)
}

// Store is the tables of alerts. Its methods are safe for concurrent use.
type Store struct {
	db  *database.DB
	log Log
	now func() time.Time
}

// New returns the alerts of a log, with a clock.
func New(db *database.DB, log Log, now func() time.Time) *Store { return &Store{db, log, now} }
