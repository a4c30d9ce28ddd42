package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/event"
)

// meet learns the numbers of the producers that the batches are from. One that
// is new gets its number in a commit of its own, once.
func (w *writer) meet(ctx context.Context, batches []*event.Batch) error {
	for _, b := range batches {
		if _, known := w.producers[b.Producer]; known {
			continue
		}
		if w.conn == nil {
			return errClosed
		}
		ctx := context.WithoutCancel(ctx)
		number := func() (n int64, err error) {
			return n, w.conn.QueryRowContext(ctx, "SELECT n FROM producers WHERE name = ?", b.Producer).Scan(&n)
		}
		n, err := number()
		if errors.Is(err, sql.ErrNoRows) {
			err = w.commit(ctx, func() (err error) {
				if _, err = w.conn.ExecContext(ctx, "INSERT INTO producers (name) VALUES (?)", b.Producer); err != nil {
					return err
				}
				n, err = number()
				return err
			})
		}
		if err != nil {
			return fmt.Errorf("number the producer: %w", err)
		}
		w.producers[b.Producer] = n
	}
	return nil
}

// loadColliding learns which producers have events whose ids other producers
// had taken, or that other Posterns had renamed.
func (w *writer) loadColliding(ctx context.Context) error {
	rows, err := w.conn.QueryContext(ctx, `SELECT n FROM (SELECT 0 AS n UNION ALL SELECT n FROM producers)
		WHERE EXISTS (SELECT 1 FROM events WHERE producer = n AND producer_id IS NOT NULL)`)
	if err != nil {
		return err
	}
	numbers, err := collect(rows, scanNumber)
	for _, n := range numbers {
		w.colliding[n] = true
	}
	return err
}

// collides reports whether a batch is from a producer whose ids have been
// another's before, or from another Postern, whose events may have been here.
func (w *writer) collides(b *event.Batch) bool {
	return len(b.Events) > 0 && b.Events[0].Site != "" || w.colliding[w.producers[b.Producer]]
}
