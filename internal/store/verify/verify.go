package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/store/database"
	"postern/internal/store/eventrow"
	"postern/internal/store/segment"
	"postern/internal/store/snapshots"
)

const (
	step          = 500 // events read in one transaction
	maxUnreadable = 100 // damaged events that a verification names
)

// Report is what reading everything has found.
type Report struct {
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
	// Events are all that were read, Unsummed those of them from before there
	// were checksums: whether they are whole is unknown.
	Events   int64 `json:"events"`
	Unsummed int64 `json:"unsummed"`
	// Damaged are events that were changed, and Missing those that should be
	// there and aren't. Numbers names the first of both.
	Damaged int64   `json:"damaged"`
	Missing int64   `json:"missing"`
	Numbers []int64 `json:"numbers,omitempty"`
	// Entries are events that SQLite's indexes don't lead to.
	Entries int64 `json:"entries"`
	// Blocks are the parts of the search index that were read, DamagedBlocks
	// those of them that were changed. They are made again from the events.
	Blocks        int64 `json:"blocks"`
	DamagedBlocks int64 `json:"damaged_blocks"`
	// Snapshots are all that were read, DamagedSnapshots those of them whose file is
	// missing or was changed. SnapshotNumbers names the events of the first.
	Snapshots        int64   `json:"snapshots"`
	DamagedSnapshots int64   `json:"damaged_snapshots"`
	SnapshotNumbers  []int64 `json:"snapshot_numbers,omitempty"`
}

// Whole reports whether nothing was found.
func (v *Report) Whole() bool {
	return v.Damaged+v.Missing+v.Entries+v.DamagedBlocks+v.DamagedSnapshots == 0
}

// Unreadable is how many events can't be read.
func (v *Report) Unreadable() int64 { return v.Damaged + v.Missing }

func (v *Report) name(seq int64) {
	if len(v.Numbers) < maxUnreadable {
		v.Numbers = append(v.Numbers, seq)
	}
}

// Run reads everything that has a checksum, at most rate events a second; zero
// means as fast as it can. It reads in small steps, so that a process that serves the
// folder doesn't wait for it. Events that arrive or are removed meanwhile don't count.
func Run(ctx context.Context, db *database.DB, rate int) (*Report, error) {
	v := &Report{Began: db.Now().UTC()}
	if err := Check(ctx, db.Reader(), rate, v); err != nil {
		return nil, fmt.Errorf("verify the store: %w", err)
	}
	if err := Snapshots(ctx, db.Reader(), snapshots.FolderIn(db.Dir()), rate, v); err != nil {
		return nil, fmt.Errorf("verify the snapshots: %w", err)
	}
	v.Ended = db.Now().UTC()
	return v, nil
}

// Check is Run on a database that isn't open as a data folder, such as a copy.
func Check(ctx context.Context, db *sql.DB, rate int, v *Report) error {
	var head int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM events").Scan(&head); err != nil {
		return err
	}
	began := time.Now()
	for after := int64(0); after < head; {
		through, err := verifyEvents(ctx, db, after, head, v)
		if err != nil {
			return err
		}
		after = through
		if rate > 0 {
			due := time.Duration(float64(v.Events) / float64(rate) * float64(time.Second))
			if err := database.Wait(ctx, due-time.Since(began)); err != nil {
				return err
			}
		}
	}
	if err := verifyHeld(ctx, db, v); err != nil {
		return err
	}
	if err := verifyBlocks(ctx, db, v); err != nil {
		return err
	}
	// Where types are kept for a shorter time, numbers say nothing; their count
	// does.
	var absent int64
	err := db.QueryRowContext(ctx,
		`SELECT max(0, max((SELECT value FROM meta WHERE name = 'floor'), (SELECT coalesce(max(seq), 0) FROM events), coalesce((SELECT value FROM meta WHERE name = 'removed'), 0))
		- (SELECT value FROM meta WHERE name = 'floor') - coalesce((SELECT value FROM meta WHERE name = 'missing'), 0) - (SELECT count(*) FROM events))
		WHERE EXISTS (SELECT 1 FROM meta WHERE name = 'thinned' AND value <> 0)`).Scan(&absent)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	v.Missing = max(v.Missing, absent)
	return err
}

// indexEntries counts events that an index doesn't lead to.
const indexEntries = `SELECT count(*) FROM events AS e WHERE seq > ?1 AND seq <= ?2 AND NOT (
	EXISTS (SELECT 1 FROM events AS x INDEXED BY events_id WHERE x.id = e.id AND x.seq = e.seq)
	AND EXISTS (SELECT 1 FROM events AS x INDEXED BY events_type WHERE x.type = e.type AND x.seq = e.seq)
	AND (e.camera IS NULL OR EXISTS (SELECT 1 FROM events AS x INDEXED BY events_camera WHERE x.camera = e.camera AND x.type = e.type AND x.seq = e.seq)))`

// verifyEvents reads a step's worth of events after a number, and returns up to
// where. An event that SQLite can't read is damaged.
func verifyEvents(ctx context.Context, db *sql.DB, after, head int64, v *Report) (through int64, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var lowWatermark, from, removedTypes int64
	if err := tx.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name = 'floor'), (SELECT value FROM meta WHERE name = 'sums_from'),
		coalesce((SELECT value FROM meta WHERE name = 'thinned'), 0)`).Scan(&lowWatermark, &from, &removedTypes); err != nil {
		return 0, err
	}
	after = max(after, lowWatermark)
	if through = min(after+step, head); through <= after {
		return head, nil
	}
	next := after + 1
	missing := func(before int64) {
		for ; removedTypes == 0 && next < before; next++ {
			v.Missing++
			v.name(next)
		}
	}
	each := func(seq int64, whole bool) {
		missing(seq)
		next = seq + 1
		if v.Events++; !whole {
			v.Damaged++
			v.name(seq)
		}
	}
	err = verifyRows(ctx, tx, "FROM events WHERE seq > ? AND seq <= ? ORDER BY seq", after, through, from, v, each)
	if database.IsSQLite(err) {
		next = after + 1
		for seq := after + 1; seq <= through; seq++ { // which of them
			if err := verifyRows(ctx, tx, "FROM events WHERE seq > ? AND seq <= ?", seq-1, seq, from, v, each); database.IsSQLite(err) {
				each(seq, false)
			} else if err != nil {
				return 0, err
			}
		}
	} else if err != nil {
		return 0, err
	}
	missing(through + 1)
	var entries int64
	if err := tx.QueryRowContext(ctx, indexEntries, after, through).Scan(&entries); database.IsSQLite(err) {
		entries = 1
	} else if err != nil {
		return 0, err
	}
	v.Entries += entries
	return through, nil
}

// verifyRows reads rows of eventrow.Columns and says of each whether it is whole.
func verifyRows(ctx context.Context, q querier, where string, after, through, sumsFrom int64, v *Report,
	each func(seq int64, whole bool)) error {
	rows, err := q.QueryContext(ctx, "SELECT "+eventrow.Columns+", sum IS NULL "+where, after, through)
	if err != nil {
		return err
	}
	defer rows.Close()
	type found struct {
		seq   int64
		whole bool
	}
	var all []found
	unsummed := int64(0)
	for rows.Next() {
		var without bool
		e, whole, err := eventrow.Scan(alsoScanning{rows, &without}, sumsFrom)
		damaged := (*eventrow.DamagedError)(nil)
		switch {
		case errors.As(err, &damaged):
			all = append(all, found{damaged.Seq, false})
			continue
		case err != nil:
			return err
		case whole && without:
			unsummed++
		}
		all = append(all, found{e.Seq, whole})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	v.Unsummed += unsummed
	for _, one := range all {
		each(one.seq, one.whole)
	}
	return nil
}

// alsoScanning is a row with one column more.
type alsoScanning struct {
	row  database.Row
	more any
}

// Scan reads the row.
func (a alsoScanning) Scan(to ...any) error { return a.row.Scan(append(to, a.more)...) }

// verifyHeld reads the events that legal holds keep beside the log.
func verifyHeld(ctx context.Context, db *sql.DB, v *Report) error {
	var last, from int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce((SELECT max(n) FROM held_events), "+
		"0), (SELECT value FROM meta WHERE name = 'sums_from')").Scan(&last, &from); err != nil {
		return err
	}
	for after := int64(0); after < last; after += step {
		err := verifyRows(ctx, db, "FROM held_events WHERE n > ? AND n <= ?", after, after+step, from, v, func(seq int64, whole bool) {
			if v.Events++; !whole {
				v.Damaged++
				v.name(seq)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyBlocks verifies the rows of the search index.
func verifyBlocks(ctx context.Context, db *sql.DB, v *Report) error {
	return segment.Verify(ctx, db, database.IsSQLite, func(whole bool) {
		if v.Blocks++; !whole {
			v.DamagedBlocks++
		}
	})
}

// Save keeps a report for Last.
func Save(ctx context.Context, db *database.DB, v *Report) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = db.Exec(ctx, "INSERT OR REPLACE INTO verifications VALUES (1, ?)", string(text))
	}
	if err != nil {
		return fmt.Errorf("save the verification: %w", err)
	}
	return nil
}

// Last returns the newest report that was saved; nil where there is none.
func Last(ctx context.Context, db *database.DB) (*Report, error) {
	var text string
	err := db.Reader().QueryRowContext(ctx, "SELECT result FROM verifications").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // it is optional
	}
	v := new(Report)
	if err == nil {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		return nil, fmt.Errorf("read the last verification: %w", err)
	}
	return v, nil
}

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
