package deliveries

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/database"
)

// Undelivered returns which events after a sequence number, and through another, may
// not have been delivered to an endpoint for one of the causes, in the order of the log:
// at most limit. next is the number up to which these are all. FindAt has
// each delivery's state: a person may have resent an event since.
func (s *Store) Undelivered(
	ctx context.Context, endpoint int64, causes delivery.Causes, after, through int64, limit int,
) (seqs []int64, next int64, err error) {
	u := undelivered{ctx: ctx, q: s.db.Reader(), endpoint: endpoint, causes: causes}
	first, found, err := u.first(after)
	if err != nil {
		return nil, after, fmt.Errorf("list undelivered events: %w", err)
	}
	if !found || first > through {
		return nil, through, nil
	}
	low := max(after, first-1)
	next = min(through, low+unsentSpan)
	for _, read := range []func(low, high int64) ([]int64, error){u.exhausted, u.listed, u.ranges} {
		some, err := read(low, next)
		if err != nil {
			return nil, after, fmt.Errorf("list undelivered events: %w", err)
		}
		seqs = append(seqs, some...)
	}
	slices.Sort(seqs)
	if seqs = slices.Compact(seqs); len(seqs) > limit {
		seqs = seqs[:limit]
		next = seqs[limit-1]
	}
	return seqs, next, nil
}

// undelivered reads what is on record of an endpoint's undelivered events.
type undelivered struct {
	ctx      context.Context //nolint:containedctx // of one query
	q        database.Querier
	endpoint int64
	causes   delivery.Causes
}

// asides are the values of the column aside of the exhausted deliveries of the causes;
// none if they aren't among them.
func (u *undelivered) asides() (low, high int, ok bool) {
	exhausted, aside := u.causes&delivery.CauseExhausted != 0, u.causes&delivery.CauseSetAside != 0
	low, high = 1, 0
	if exhausted {
		low = 0
	}
	if aside {
		high = 1
	}
	return low, high, exhausted || aside
}

// unsentCauses are the first and the last of the causes of unsent events.
func (u *undelivered) unsentCauses() (low, high delivery.UnsentCause, ok bool) {
	storm, skipped := u.causes&delivery.CauseStorm != 0, u.causes&delivery.CauseSkipped != 0
	low, high = delivery.UnsentSkipped, delivery.UnsentStorm
	if storm {
		low = delivery.UnsentStorm
	}
	if skipped {
		high = delivery.UnsentSkipped
	}
	return low, high, storm || skipped
}

// first returns a number up to which there is nothing after a sequence number; found is
// false if there is nothing at all.
func (u *undelivered) first(after int64) (first int64, found bool, err error) {
	note := func(query string, args ...any) error {
		var at sql.NullInt64
		if err := u.q.QueryRowContext(u.ctx, "SELECT ("+query+")", args...).Scan(&at); err != nil || !at.Valid {
			return err
		}
		if seq := max(at.Int64, after+1); !found || seq < first {
			first, found = seq, true
		}
		return nil
	}
	if low, high, ok := u.asides(); ok {
		if err := note("SELECT seq FROM pending WHERE endpoint = ? AND seq > ? AND due IS NULL AND aside BETWEEN ? AND ? ORDER BY seq LIMIT 1",
			u.endpoint, after, low, high); err != nil {
			return 0, false, err
		}
	}
	low, high, ok := u.unsentCauses()
	if !ok {
		return first, found, nil
	}
	// A list that ends later may begin before this one, but not by more than a span.
	if err := note("SELECT seq_max - ? FROM unsent WHERE endpoint = ? AND entries != x'' AND seq_max > ? AND cause BETWEEN ? AND ? "+
		"ORDER BY seq_max LIMIT 1", unsentSpan-1, u.endpoint, after, low, high); err != nil {
		return 0, false, err
	}
	err = note("SELECT min(seq_min) FROM unsent WHERE endpoint = ? AND entries = x'' AND seq_max > ? AND cause BETWEEN ? AND ?",
		u.endpoint, after, low, high)
	return first, found, err
}

func (u *undelivered) exhausted(after, through int64) ([]int64, error) {
	low, high, ok := u.asides()
	if !ok {
		return nil, nil
	}
	return database.QueryAll(u.ctx, u.q, database.ScanNumber,
		"SELECT seq FROM pending WHERE endpoint = ? AND seq > ? AND seq <= ? AND due IS NULL AND aside BETWEEN ? AND ?",
		u.endpoint, after, through, low, high)
}

func (u *undelivered) listed(after, through int64) (seqs []int64, err error) {
	low, high, ok := u.unsentCauses()
	if !ok {
		return nil, nil
	}
	rows, err := u.q.QueryContext(u.ctx, `SELECT seq_min, entries FROM unsent WHERE endpoint = ? AND entries != x'' AND seq_max > ? AND seq_max < ?
		AND seq_min <= ? AND cause BETWEEN ? AND ?`, u.endpoint, after, through+unsentSpan, through, low, high)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var first int64
		var entries sql.RawBytes
		if err := rows.Scan(&first, &entries); err != nil {
			return nil, err
		}
		some, err := decodeSeqs(entries, first)
		if err != nil {
			return nil, err
		}
		for _, seq := range some {
			if seq > after && seq <= through {
				seqs = append(seqs, seq)
			}
		}
	}
	return seqs, rows.Err()
}

// ranges returns the numbers within ranges, whether there are events or not.
func (u *undelivered) ranges(after, through int64) (seqs []int64, err error) {
	low, high, ok := u.unsentCauses()
	if !ok {
		return nil, nil
	}
	rows, err := u.q.QueryContext(u.ctx, `SELECT seq_min, seq_max FROM unsent WHERE endpoint = ? AND entries = x'' AND seq_max > ? AND seq_min <= ?
		AND cause BETWEEN ? AND ?`, u.endpoint, after, through, low, high)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var first, last int64
		if err := rows.Scan(&first, &last); err != nil {
			return nil, err
		}
		for seq := max(first, after+1); seq <= min(last, through); seq++ {
			seqs = append(seqs, seq)
		}
	}
	return seqs, rows.Err()
}

// CountExpired returns how many events retention removed before they were delivered to
// an endpoint, of those on record: with numbers after one and through another, or with
// older numbers where the record is from since on and before until. A zero time is no
// bound; since must be given for older numbers to count. The log has no event up to after
// then, so that all older records of the causes count too.
func (s *Store) CountExpired(
	ctx context.Context, endpoint int64, causes delivery.Causes, after, through int64, since, until time.Time,
) (n int64, err error) {
	u := undelivered{causes: causes}
	low, high, ok := u.unsentCauses()
	if !ok {
		low, high = delivery.UnsentExpired, delivery.UnsentExpired
	}
	err = s.db.Reader().QueryRowContext(ctx, `SELECT coalesce(sum(events), 0) FROM unsent WHERE endpoint = ?1 AND (
			cause = 3 AND seq_max > ?2 AND seq_min <= ?3
			OR seq_max <= ?2 AND (cause = 3 OR cause BETWEEN ?4 AND ?5) AND ?6 > 0 AND at >= ?6 AND (?7 = 0 OR at < ?7))`,
		endpoint, after, through, low, high, optionalMicro(since), optionalMicro(until)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count expired events: %w", err)
	}
	return n, nil
}
