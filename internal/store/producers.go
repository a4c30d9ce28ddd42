package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/event"
	"postern/internal/store/database"
)

// numberProducers looks up the numbers of the batches' producers. A new producer
// gets its number in a commit of its own, once. The caller holds the write lock: an
// append must not wait for a connection that reads.
func (a *appender) numberProducers(ctx context.Context, db *database.DB, batches []*event.Batch) error {
	for _, b := range batches {
		if _, known := a.producers[b.Producer]; known {
			continue
		}
		const number = "SELECT n FROM producers WHERE name = ?"
		var n int64
		err := db.QueryRowLocked(ctx, number, b.Producer).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			err = db.Commit(ctx, func(tx *database.Tx) error {
				if _, err := tx.ExecContext(ctx, "INSERT INTO producers (name) VALUES (?)", b.Producer); err != nil {
					return err
				}
				return tx.QueryRowContext(ctx, number, b.Producer).Scan(&n)
			})
		}
		if err != nil {
			return fmt.Errorf("number the producer: %w", err)
		}
		a.producers[b.Producer] = n
	}
	return nil
}

// loadColliding loads which producers have events with another id in the log than
// their own: another producer had taken it, or another Postern has renamed them.
func (a *appender) loadColliding(ctx context.Context, reader *sql.DB) error {
	rows, err := reader.QueryContext(ctx, `SELECT n FROM (SELECT 0 AS n UNION ALL SELECT n FROM producers)
		WHERE EXISTS (SELECT 1 FROM events WHERE producer = n AND producer_id IS NOT NULL)`)
	if err != nil {
		return err
	}
	numbers, err := database.Collect(rows, database.ScanNumber)
	for _, n := range numbers {
		a.colliding[n] = true
	}
	return err
}

// collides reports whether a batch is from a producer with such events, or from
// another Postern, whose events may be in the log already.
func (a *appender) collides(b *event.Batch) bool {
	return len(b.Events) > 0 && b.Events[0].Site != "" || a.colliding[a.producers[b.Producer]]
}
