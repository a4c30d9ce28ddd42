package segment

import (
	"context"
	"slices"

	"postern/internal/store/database"
)

// Removal is a removal of the log's first segments.
type Removal struct {
	// Blocks are the numbers of the removed block rows, in order.
	Blocks []int64

	index  *Index
	before int64
	rows   []Row // of the file
}

// Remove removes the segments before one from the file, in the transaction that
// removes their events. Once that is committed, the caller calls Committed.
func (x *Index) Remove(ctx context.Context, tx *database.Tx, before int64) (*Removal, error) {
	r := &Removal{index: x, before: before}
	rows, err := tx.QueryContext(ctx, "DELETE FROM stretches WHERE n < ? RETURNING n, hours, minutes", before)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row := Row{Segment: new(Segment)}
		if err := rows.Scan(&row.N, &row.Hours, &row.Minutes); err != nil {
			return nil, err
		}
		r.rows = append(r.rows, row)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if rows, err = tx.QueryContext(ctx, "DELETE FROM indexes WHERE n < ? RETURNING n", blockRow(before, 0)); err != nil {
		return nil, err
	}
	r.Blocks, err = scanNumbers(rows)
	slices.Sort(r.Blocks)
	return r, err
}

// Committed removes the segments from memory, those that the file didn't have
// among them. It calls removed with each one that was known.
func (r *Removal) Committed(removed func(Row)) {
	x := r.index
	x.mu.Lock()
	var known []Row
	for _, row := range append(x.takeUnsaved(r.before), r.rows...) {
		if x.full[row.N] != nil {
			known = append(known, row)
			delete(x.full, row.N)
		}
	}
	x.mu.Unlock()
	for _, row := range known {
		removed(row)
	}
}

// takeUnsaved takes the segments before one off those that go into the file.
// The caller holds mu.
func (x *Index) takeUnsaved(before int64) (taken []Row) {
	x.unsaved = slices.DeleteFunc(x.unsaved, func(r Row) bool {
		if r.N < before {
			taken = append(taken, r)
		}
		return r.N < before
	})
	return taken
}
