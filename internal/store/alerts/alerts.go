package alerts

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// Span is how many open alerts, the newest, a page or a count looks at.
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
	// Secrets hashes causes and encrypts notes. It is set before the first use.
	Secrets *secretbox.Box

	// The write lock guards both: the bytes of the rows that are added, and the ids of
	// recent causes.
	rows   []byte
	causes *simplelru.LRU[alert.Cause, alert.CauseID]
}

// keptCauses is how many causes' ids are kept in memory: at most 128 bytes each and
// the identity.
const keptCauses = 4096

// keptRows is up to how many bytes the buffer of added rows is kept for the next.
const keptRows = 64 << 10

// New returns the alerts of a log, with a clock.
func New(db *database.DB, log Log, now func() time.Time) *Store {
	causes, err := simplelru.NewLRU[alert.Cause, alert.CauseID](keptCauses, nil)
	if err != nil {
		panic(err) // the size is positive
	}
	return &Store{db: db, log: log, now: now, causes: causes}
}

// CauseID returns the id of a cause.
func (s *Store) CauseID(c alert.Cause) alert.CauseID {
	tag := s.Secrets.Tag(fmt.Sprintf("alert\x00%d\x00%s\x00%s", c.Type, c.Kind, c.Key))
	return alert.CauseID(max(1, binary.BigEndian.Uint64(tag)>>1))
}
