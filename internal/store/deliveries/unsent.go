package deliveries

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/varint"
)

// UnsentEvents are events that weren't sent to an endpoint for one cause.
type UnsentEvents struct {
	Cause delivery.UnsentCause
	// At is when that was decided; of expired events, when the newest of them had
	// arrived at the latest.
	At time.Time
	// Seqs are the events, in the order of the log. Without them it is every event
	// from First to Last, whether it was for the endpoint or not.
	Seqs        []int64
	First, Last int64
	// Count is the number of events of a range; zero for all.
	Count int64
}

// ExpireExhausted removes, within a transaction, the exhausted deliveries that where selects
// by seq, since retention removes their events, and records them as expired. arrived is
// when the newest of the events had arrived.
func ExpireExhausted(ctx context.Context, tx *database.Tx, where string, arrived time.Time) error {
	removed, err := database.QueryAll(ctx, tx, func(row database.Row) (key Key, err error) { return key, row.Scan(&key.Endpoint, &key.Seq) },
		"DELETE FROM pending WHERE "+where+" AND due IS NULL RETURNING endpoint, seq")
	if err != nil {
		return err
	}
	of := make(map[int64][]int64)
	for _, key := range removed {
		of[key.Endpoint] = append(of[key.Endpoint], key.Seq)
	}
	for endpoint, seqs := range of {
		slices.Sort(seqs)
		if err := insertUnsent(ctx, tx, endpoint, UnsentEvents{Cause: delivery.UnsentExpired, At: arrived, Seqs: seqs}); err != nil {
			return err
		}
	}
	return nil
}

// unsentSpan bounds how far apart the events of one list are, so that the rows that
// may have an event are found by where they end.
const unsentSpan = attemptSpan

var errUnsent = errors.New("the record of unsent events is damaged")

// insertUnsent writes events that weren't sent.
func insertUnsent(ctx context.Context, tx *database.Tx, endpoint int64, u UnsentEvents) error {
	insert := func(first, last, count int64, entries []byte) error {
		_, err := tx.ExecPrepared(ctx, "INSERT INTO unsent (endpoint, cause, at, seq_min, seq_max, events, entries) VALUES (?, ?, ?, ?, ?, ?, ?)",
			endpoint, int64(u.Cause), u.At.UnixMicro(), first, last, count, entries)
		return err
	}
	if len(u.Seqs) == 0 {
		count := u.Count
		if count == 0 {
			count = u.Last - u.First + 1
		}
		return insert(u.First, u.Last, count, []byte{})
	}
	for seqs := u.Seqs; len(seqs) > 0; {
		n := 1
		for n < len(seqs) && seqs[n]-seqs[0] < unsentSpan {
			n++
		}
		if err := insert(seqs[0], seqs[n-1], int64(n), encodeSeqs(seqs[:n])); err != nil {
			return err
		}
		seqs = seqs[n:]
	}
	return nil
}

// encodeSeqs writes ascending numbers as the varints of their differences; the first
// is zero.
func encodeSeqs(seqs []int64) []byte {
	b, before := make([]byte, 0, 2*len(seqs)), seqs[0]
	for _, seq := range seqs {
		b = binary.AppendUvarint(b, uint64(seq-before))
		before = seq
	}
	return b
}

func decodeSeqs(b []byte, first int64) ([]int64, error) {
	var seqs []int64
	for r := (varint.Reader{Rest: b}); len(r.Rest) > 0; {
		first += r.Next()
		if r.Broken {
			return nil, errUnsent
		}
		seqs = append(seqs, first)
	}
	return seqs, nil
}

// readUnsent reads which of the events, in the order of the log, weren't sent to an
// endpoint; to any if it is zero. Ranges that expired have no events any more.
func (d *Records) readUnsent(ctx context.Context, q database.Querier, endpoint int64, seqs []int64) error {
	const columns = "SELECT endpoint, cause, at, seq_min, seq_max, entries FROM endpoints CROSS JOIN unsent ON endpoint = endpoints.n WHERE "
	only := "endpoints.n = ? AND "
	if endpoint == 0 {
		only = "? = 0 AND "
	}
	err := eachNear(seqs, func(near []int64) error {
		low, high := near[0], near[len(near)-1]
		return d.readUnsentRows(ctx, q, near, columns+only+"entries != x'' AND seq_max BETWEEN ? AND ? AND seq_min <= ?",
			endpoint, low, high+unsentSpan-1, high)
	})
	if err != nil {
		return err
	}
	return d.readUnsentRows(ctx, q, seqs, columns+only+"entries = x'' AND cause != 3 AND seq_max >= ? AND seq_min <= ?",
		endpoint, seqs[0], seqs[len(seqs)-1])
}

func (d *Records) readUnsentRows(ctx context.Context, q database.Querier, seqs []int64, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var endpoint, cause, at, first, last int64
		var entries sql.RawBytes
		if err := rows.Scan(&endpoint, &cause, &at, &first, &last, &entries); err != nil {
			return err
		}
		unsent := &delivery.Unsent{Cause: delivery.UnsentCause(cause), At: event.FromMicro(at), Range: len(entries) == 0}
		if unsent.Range {
			low, _ := slices.BinarySearch(seqs, first)
			high, _ := slices.BinarySearch(seqs, last+1)
			for _, seq := range seqs[low:high] {
				d.setUnsent(Key{endpoint, seq}, unsent)
			}
			continue
		}
		listed, err := decodeSeqs(entries, first)
		if err != nil {
			return fmt.Errorf("endpoint %d: %w", endpoint, err)
		}
		for _, seq := range listed {
			if _, wanted := slices.BinarySearch(seqs, seq); wanted {
				d.setUnsent(Key{endpoint, seq}, unsent)
			}
		}
	}
	return rows.Err()
}

// setUnsent records that an event wasn't sent. A record of the event itself says more
// than that of a range.
func (d *Records) setUnsent(key Key, unsent *delivery.Unsent) {
	if one := d.at(key); one.Unsent == nil || one.Unsent.Range {
		one.Unsent = unsent
	}
}
