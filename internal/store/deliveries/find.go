package deliveries

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
)

// MaxEvents is how many events Find looks up at once.
const MaxEvents = 1000

// Key is an event at an endpoint.
type Key struct{ Endpoint, Seq int64 }

// Records are the deliveries of some events that are on record at one moment.
type Records struct {
	// Endpoints are the endpoints by their N: those that are there, and the
	// removed ones that attempts are kept of.
	Endpoints map[int64]*delivery.Progress
	// Of has the deliveries that have a record, with their Attempts, Pending and Unsent.
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
	d, err := s.find(ctx, 0, seqs)
	if err != nil {
		return nil, fmt.Errorf("look up deliveries: %w", err)
	}
	return d, nil
}

// FindAt is Find for one endpoint.
func (s *Store) FindAt(ctx context.Context, endpoint int64, seqs []int64) (*Records, error) {
	d, err := s.find(ctx, endpoint, seqs)
	if err != nil {
		return nil, fmt.Errorf("look up deliveries: %w", err)
	}
	return d, nil
}

// find looks up deliveries at one endpoint, or at all if that is zero.
func (s *Store) find(ctx context.Context, endpoint int64, seqs []int64) (*Records, error) {
	d := &Records{Endpoints: make(map[int64]*delivery.Progress), Of: make(map[Key]*delivery.Delivery)}
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
	if err := d.readEndpoints(ctx, tx, endpoint); err != nil || len(seqs) == 0 {
		return d, err
	}
	seqs = slices.Compact(slices.Sorted(slices.Values(seqs)))
	if err := s.readVersions(ctx, tx, d, endpoint, seqs[0], seqs[len(seqs)-1]); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, database.Querier, int64, []int64) error{d.readPending, d.readAttempts, d.readUnsent} {
		if err := read(ctx, tx, endpoint, seqs); err != nil {
			return nil, err
		}
	}
	for _, one := range d.Of {
		slices.SortStableFunc(one.Attempts, func(a, b delivery.Attempt) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Number, b.Number))
		})
	}
	return d, nil
}

func (d *Records) readEndpoints(ctx context.Context, q database.Querier, endpoint int64) error {
	rows, err := q.QueryContext(ctx, `SELECT n, id, url, created, removed IS NOT NULL, cursor, began_after FROM endpoints
		WHERE ?1 = 0 OR n = ?1`, endpoint)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p delivery.Progress
		var created int64
		if err := rows.Scan(&p.N, &p.ID, &p.URL, &created, &p.Removed, &p.Cursor, &p.BeganAfter); err != nil {
			return err
		}
		p.Created = event.FromMicro(created)
		d.Endpoints[p.N] = &p
	}
	return rows.Err()
}

func (d *Records) readPending(ctx context.Context, q database.Querier, endpoint int64, seqs []int64) error {
	args := make([]any, 1, 1+len(seqs))
	args[0] = endpoint
	for _, seq := range seqs {
		args = append(args, seq)
	}
	// One look at the primary key for each event and endpoint.
	rows, err := q.QueryContext(ctx, `SELECT seq, tries, due, replay, aside, endpoint FROM endpoints CROSS JOIN pending ON endpoint = n
		WHERE removed IS NULL AND (?1 = 0 OR n = ?1) AND seq IN (?`+strings.Repeat(", ?", len(seqs)-1)+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		p, err := scanPending(rows, &at)
		if err != nil {
			return err
		}
		d.at(Key{at, p.Seq}).Pending = &p
	}
	return rows.Err()
}

// eachNear calls visit for each run of sequence numbers that are near each other.
func eachNear(seqs []int64, visit func(near []int64) error) error {
	for from := 0; from < len(seqs); {
		to := from + 1
		for to < len(seqs) && seqs[to]-seqs[to-1] < attemptSpan {
			to++
		}
		if err := visit(seqs[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// readAttempts reads the rows that end soon after an event and begin before
// it: one range for events that are near each other. The few rows of older
// versions that span more are looked at wherever they end.
func (d *Records) readAttempts(ctx context.Context, q database.Querier, endpoint int64, seqs []int64) error {
	// The unary plus keeps the planner on the indexes by sequence number.
	const columns = "SELECT endpoint, n, at, seq_min, entries FROM attempts WHERE (?1 = 0 OR +endpoint = ?1) AND "
	err := eachNear(seqs, func(near []int64) error {
		return d.readRows(ctx, q, seqs, columns+"seq_max BETWEEN ? AND ? AND seq_min <= ? AND seq_max - seq_min < 1024",
			endpoint, near[0], near[len(near)-1]+attemptSpan-1, near[len(near)-1])
	})
	if err != nil {
		return err
	}
	return d.readRows(ctx, q, seqs, columns+"seq_max - seq_min >= 1024 AND seq_max >= ? AND seq_min <= ?",
		endpoint, seqs[0], seqs[len(seqs)-1])
}

func (d *Records) readRows(ctx context.Context, q database.Querier, seqs []int64, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
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
