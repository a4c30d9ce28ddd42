package deliveries

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"postern/internal/delivery"
)

// MaxEvents is how many events Find looks up at once.
const MaxEvents = 1000

// Key is an event at an endpoint.
type Key struct{ Endpoint, Seq int64 }

// EndpointProgress is an endpoint as Find met it.
type EndpointProgress struct {
	ID, URL string
	Removed bool
	// Cursor is how far it has settled the log, BeganAfter where it began.
	// The events after SkippedAfter, up to SkippedThrough, are those that a person
	// skipped the last time.
	Cursor, BeganAfter           int64
	SkippedAfter, SkippedThrough int64
}

// Records are the deliveries of some events that are on record at one moment.
type Records struct {
	// Endpoints are the endpoints by their N: those that are there, and the
	// removed ones that attempts are kept of.
	Endpoints map[int64]*EndpointProgress
	// Of has the deliveries that have a record, with their Attempts and Pending.
	Of map[Key]*delivery.Delivery
}

// at returns the record of an event at an endpoint, made if need be.
func (d *Records) at(key Key) *delivery.Delivery {
	one := d.Of[key]
	if one == nil {
		one = new(delivery.Delivery)
		if e := d.Endpoints[key.Endpoint]; e != nil {
			one.WebhookID, one.URL = e.ID, e.URL
		}
		d.Of[key] = one
	}
	return one
}

// Find looks up the deliveries of events, at most MaxEvents of them,
// at all endpoints. It costs least for events that are near each other.
func (s *Store) Find(ctx context.Context, seqs []int64) (*Records, error) {
	d, err := s.find(ctx, seqs)
	if err != nil {
		return nil, fmt.Errorf("look up deliveries: %w", err)
	}
	return d, nil
}

func (s *Store) find(ctx context.Context, seqs []int64) (*Records, error) {
	d := &Records{Endpoints: make(map[int64]*EndpointProgress), Of: make(map[Key]*delivery.Delivery)}
	if len(seqs) > MaxEvents {
		return nil, fmt.Errorf("%d events are more than %d", len(seqs), MaxEvents)
	}
	// One moment: a worker that settles between two queries would make a
	// delivery look as if it had never been.
	tx, err := s.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := d.readEndpoints(ctx, tx); err != nil || len(seqs) == 0 {
		return d, err
	}
	seqs = slices.Compact(slices.Sorted(slices.Values(seqs)))
	if err := d.readPending(ctx, tx, seqs); err != nil {
		return nil, err
	}
	if err := d.readAttempts(ctx, tx, seqs); err != nil {
		return nil, err
	}
	for _, one := range d.Of {
		slices.SortStableFunc(one.Attempts, func(a, b delivery.Attempt) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Number, b.Number))
		})
	}
	return d, nil
}

func (d *Records) readEndpoints(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx,
		"SELECT n, id, url, removed IS NOT NULL, cursor, began_after, skipped_after, skipped_through FROM endpoints")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var r EndpointProgress
		if err := rows.Scan(&n, &r.ID, &r.URL, &r.Removed, &r.Cursor, &r.BeganAfter, &r.SkippedAfter, &r.SkippedThrough); err != nil {
			return err
		}
		d.Endpoints[n] = &r
	}
	return rows.Err()
}

func (d *Records) readPending(ctx context.Context, tx *sql.Tx, seqs []int64) error {
	args := make([]any, len(seqs))
	for i, seq := range seqs {
		args[i] = seq
	}
	// One look at the primary key for each event and endpoint.
	rows, err := tx.QueryContext(ctx, `SELECT seq, tries, due, replay, endpoint FROM endpoints CROSS JOIN pending ON endpoint = n
		WHERE removed IS NULL AND seq IN (?`+strings.Repeat(", ?", len(args)-1)+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var endpoint int64
		p, err := scanPending(rows, &endpoint)
		if err != nil {
			return err
		}
		d.at(Key{endpoint, p.Seq}).Pending = &p
	}
	return rows.Err()
}

// readAttempts reads the rows that end soon after an event and begin before
// it: one range for events that are near each other. The few rows of older
// versions that span more are looked at wherever they end.
func (d *Records) readAttempts(ctx context.Context, tx *sql.Tx, seqs []int64) error {
	const columns = "SELECT endpoint, n, at, seq_min, entries FROM attempts WHERE "
	for from := 0; from < len(seqs); {
		to := from + 1
		for to < len(seqs) && seqs[to]-seqs[to-1] < attemptSpan {
			to++
		}
		near := seqs[from:to]
		if err := d.readRows(ctx, tx, near, columns+"seq_max BETWEEN ? AND ? AND seq_min <= ? AND seq_max - seq_min < 1024",
			near[0], near[len(near)-1]+attemptSpan-1, near[len(near)-1]); err != nil {
			return err
		}
		from = to
	}
	return d.readRows(ctx, tx, seqs, columns+"seq_max - seq_min >= 1024 AND seq_max >= ? AND seq_min <= ?", seqs[0], seqs[len(seqs)-1])
}

func (d *Records) readRows(ctx context.Context, tx *sql.Tx, seqs []int64, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var endpoint, n, at, low int64
		var entries sql.RawBytes
		if err := rows.Scan(&endpoint, &n, &at, &low, &entries); err != nil {
			return err
		}
		attempts, err := decodeRow(entries, n, low, at)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			if _, wanted := slices.BinarySearch(seqs, a.Seq); wanted {
				one := d.at(Key{endpoint, a.Seq})
				one.Attempts = append(one.Attempts, a)
			}
		}
	}
	return rows.Err()
}
