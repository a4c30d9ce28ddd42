package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"postern/internal/delivery"
)

// MaxDeliveries is how many events DeliveriesOf looks up at once.
const MaxDeliveries = 1000

// DeliveryKey is an event at an endpoint.
type DeliveryKey struct{ Endpoint, Seq int64 }

// Delivery is what is on record of an event at an endpoint.
type Delivery struct {
	// Attempts are the tries, oldest first; of a removed endpoint too.
	Attempts []delivery.Attempt
	// Pending is what is still to be done; nil for nothing.
	Pending *delivery.Pending
}

// Receiver is an endpoint as DeliveriesOf met it.
type Receiver struct {
	ID, URL string
	Removed bool
	// Cursor is how far it has settled the log, BeganAfter where it began.
	// The events after SkippedAfter, up to SkippedThrough, are those that a person
	// skipped the last time.
	Cursor, BeganAfter           int64
	SkippedAfter, SkippedThrough int64
}

// Deliveries is what is on record of some events at one moment.
type Deliveries struct {
	// Receivers are the endpoints by their N: those that are there, and the
	// removed ones that attempts are kept of.
	Receivers map[int64]*Receiver
	Of        map[DeliveryKey]*Delivery
}

// at returns the record of an event at an endpoint, made if need be.
func (d *Deliveries) at(key DeliveryKey) *Delivery {
	one := d.Of[key]
	if one == nil {
		one = new(Delivery)
		d.Of[key] = one
	}
	return one
}

// DeliveriesOf looks up what became of events, at most MaxDeliveries of them,
// at all endpoints. It costs least for events that are near each other.
func (s *Store) DeliveriesOf(ctx context.Context, seqs []int64) (*Deliveries, error) {
	d, err := s.deliveriesOf(ctx, seqs)
	if err != nil {
		return nil, fmt.Errorf("look up deliveries: %w", err)
	}
	return d, nil
}

func (s *Store) deliveriesOf(ctx context.Context, seqs []int64) (*Deliveries, error) {
	d := &Deliveries{Receivers: make(map[int64]*Receiver), Of: make(map[DeliveryKey]*Delivery)}
	if len(seqs) > MaxDeliveries {
		return nil, fmt.Errorf("%d events are more than %d", len(seqs), MaxDeliveries)
	}
	// One moment: a worker that settles between two queries would make a
	// delivery look as if it had never been.
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := d.readReceivers(ctx, tx); err != nil || len(seqs) == 0 {
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

func (d *Deliveries) readReceivers(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx,
		"SELECT n, id, url, removed IS NOT NULL, cursor, began_after, skipped_after, skipped_through FROM endpoints")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var r Receiver
		if err := rows.Scan(&n, &r.ID, &r.URL, &r.Removed, &r.Cursor, &r.BeganAfter, &r.SkippedAfter, &r.SkippedThrough); err != nil {
			return err
		}
		d.Receivers[n] = &r
	}
	return rows.Err()
}

func (d *Deliveries) readPending(ctx context.Context, tx *sql.Tx, seqs []int64) error {
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
		d.at(DeliveryKey{endpoint, p.Seq}).Pending = &p
	}
	return rows.Err()
}

// readAttempts reads the rows that end soon after an event and begin before
// it: one range for events that are near each other. The few rows of older
// versions that span more are looked at wherever they end.
func (d *Deliveries) readAttempts(ctx context.Context, tx *sql.Tx, seqs []int64) error {
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

func (d *Deliveries) readRows(ctx context.Context, tx *sql.Tx, seqs []int64, query string, args ...any) error {
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
				one := d.at(DeliveryKey{endpoint, a.Seq})
				one.Attempts = append(one.Attempts, a)
			}
		}
	}
	return rows.Err()
}
