package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postern/internal/event"
)

// SeqAt returns the sequence number of the newest event that arrived before
// t: reading after it begins with the first that arrived at t or later.
func (l *Log) SeqAt(ctx context.Context, t time.Time) (int64, error) {
	// Arrival hardly ever decreases along the log, so that halving finds it.
	// Beside arrivals of a clock that was ahead it finds a number before it.
	low, high := l.First()-1, l.Head()
	for low < high {
		middle := low + (high-low+1)/2
		var seq, received int64
		err := l.reader.QueryRowContext(ctx, "SELECT seq, received FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT 1", middle,
			high).Scan(&seq, &received)
		switch {
		case errors.Is(err, sql.ErrNoRows): // nothing is left from there on
			high = middle - 1
		case err != nil:
			return 0, fmt.Errorf("find a time in the log: %w", err)
		case received < event.CeilMicro(t):
			low = seq
		default:
			high = middle - 1
		}
	}
	return low, nil
}
