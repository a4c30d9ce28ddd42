package alerts

import (
	"context"
	"errors"

	"postern/internal/event"
	"postern/internal/store/database"
)

// closeStep is how many alerts the watermark passes with one acknowledgement.
// The next one moves it on.
const closeStep = 10_000

// moveWatermark moves the watermark up to the oldest open alert.
func (s *Store) moveWatermark(ctx context.Context, tx *database.Tx) error {
	closed, err := Watermark(ctx, tx)
	if err != nil {
		return err
	}
	walks, args := walks("seq", event.Filter{}, closed+1, s.log.Head(), "")
	rows, err := tx.QueryContext(ctx, "SELECT seq, EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = w.seq) FROM ("+walks+
		" ORDER BY seq LIMIT ?) w ORDER BY seq", append(args, closeStep)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	to, looked := s.log.Head(), 0
	for rows.Next() {
		var seq int64
		var taken bool
		if err := rows.Scan(&seq, &taken); err != nil {
			return err
		}
		if !taken {
			to = seq - 1
			break
		}
		if looked++; looked == closeStep {
			to = seq
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	return setWatermark(ctx, tx, to)
}

// Watermark returns the sequence number up to which no alert is open. Alerts above
// it may be open.
func Watermark(ctx context.Context, db database.Querier) (closed int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'acknowledged'").Scan(&closed)
	return closed, err
}

func setWatermark(ctx context.Context, conn *database.Tx, to int64) error {
	_, err := conn.ExecContext(ctx, "UPDATE meta SET value = max(value, ?) WHERE name = 'acknowledged'", to)
	return err
}
