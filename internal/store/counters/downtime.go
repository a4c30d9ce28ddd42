package counters

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Downtime is a time in which Postern wasn't running, and received no events.
type Downtime struct{ Since, Until time.Time }

// shortestDowntime is the shortest downtime that is kept. A shorter one contains
// no whole minute.
const shortestDowntime = time.Minute

// valid reports whether the beginning is known. It isn't before the first start.
func (d Downtime) valid() bool { return d.Since.UnixMicro() > 0 }

// wasDown reports whether all of the minute that begins at start is downtime. The
// caller holds mu.
func (c *Counters) wasDown(start time.Time) bool {
	for _, d := range c.downtimes {
		if !start.Before(d.Since) && !start.Add(time.Minute).After(d.Until) {
			return true
		}
	}
	return false
}

// wasDownBetween reports whether Postern was down at some time from one Unix
// minute to another. The caller holds mu.
func (c *Counters) wasDownBetween(from, to int64) bool {
	return slices.ContainsFunc(c.downtimes, func(d Downtime) bool {
		return d.Since.Unix() < (to+1)*60 && d.Until.Unix() > from*60
	})
}

// LastClosed returns when the store was closed, in Unix microseconds; zero after a
// crash.
func LastClosed(ctx context.Context, reader *sql.DB) (closed int64, err error) {
	err = reader.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'closed'").Scan(&closed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read when the store was closed: %w", err)
	}
	return closed, nil
}

// PutClosed notes when the store is closed. The caller is in a transaction.
func PutClosed(ctx context.Context, tx *database.Tx, at time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('closed', ?)", at.UnixMicro())
	return err
}

// PutDowntime writes a downtime that ends now, if it is long enough, and deletes
// those that ended before oldest. The caller is in a transaction.
func PutDowntime(ctx context.Context, tx *database.Tx, d Downtime, oldest time.Time) (err error) {
	exec := func(query string, args ...any) {
		if err == nil {
			_, err = tx.ExecContext(ctx, query, args...)
		}
	}
	exec("DELETE FROM meta WHERE name = 'closed'")
	if d.valid() && d.Until.Sub(d.Since) >= shortestDowntime {
		exec("INSERT INTO gaps VALUES (?, ?)", d.Since.UnixMicro(), d.Until.UnixMicro())
	}
	exec("DELETE FROM gaps WHERE until < ?", oldest.UnixMicro())
	exec("INSERT OR IGNORE INTO meta VALUES ('born', ?)", d.Until.UnixMicro())
	return err
}

// EndDowntimes ends downtimes at a time before which they must have ended: at a
// start with a clock that was ahead, they became longer than they were. The
// caller is in a transaction.
func EndDowntimes(ctx context.Context, tx *database.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE gaps SET until = max(since, ?1) WHERE until > ?1", now.UnixMicro())
	return err
}

// LoadDowntimes loads the downtimes of the file, the time before the first start
// among them, and one that the file doesn't have yet, if it isn't nil.
func (c *Counters) LoadDowntimes(ctx context.Context, unsaved *Downtime) error {
	rows, err := c.reader.QueryContext(ctx, "SELECT since, until FROM gaps UNION ALL SELECT 0, value FROM meta WHERE name = 'born'")
	if err != nil {
		return fmt.Errorf("read downtimes: %w", err)
	}
	defer rows.Close()
	var downtimes []Downtime
	for rows.Next() {
		var since, until int64
		if err := rows.Scan(&since, &until); err != nil {
			return fmt.Errorf("read downtimes: %w", err)
		}
		downtimes = append(downtimes, Downtime{event.FromMicro(since), event.FromMicro(until)})
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read downtimes: %w", err)
	}
	if unsaved != nil && unsaved.valid() {
		downtimes = append(downtimes, *unsaved)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.downtimes = downtimes
	return nil
}
