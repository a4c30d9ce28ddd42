package segment

import (
	"context"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Indexed returns the numbers of the segments that have blocks in the file.
func (x *Index) Indexed(ctx context.Context) (map[int64]bool, error) {
	rows, err := x.reader.QueryContext(ctx, "SELECT n / ? FROM indexes WHERE n % ? = 0", BlocksPerSegment, BlocksPerSegment)
	if err != nil {
		return nil, err
	}
	numbers, err := scanNumbers(rows)
	if err != nil {
		return nil, err
	}
	indexed := make(map[int64]bool, len(numbers))
	for _, n := range numbers {
		indexed[n] = true
	}
	return indexed, nil
}

// HasAll reports whether the index has all of segment n: its summary with a
// filter, and blocks, unless the segment has lost events. indexed is what
// Indexed has returned.
func (x *Index) HasAll(n, firstKept int64, indexed map[int64]bool) bool {
	s := x.Get(n)
	if s == nil || s.ngrams == nil {
		return false
	}
	_, unsaved := x.unsavedRow(n)
	return indexed[n] || unsaved || First(n) < firstKept
}

// Rebuild is a full segment that is made again from its events.
type Rebuild struct {
	segment *Segment
	builder *Builder
	blocks  [BlocksPerSegment][]byte
}

// NewRebuild begins to rebuild segment n.
func NewRebuild(n int64) *Rebuild { return &Rebuild{segment: New(n), builder: NewBuilder()} }

// Add adds an event. Events are added in order.
func (r *Rebuild) Add(e *event.Event) { r.segment.Add(e, r.builder) }

// Finish encodes the blocks after the last event. It takes some milliseconds,
// for which the writer needn't wait.
func (r *Rebuild) Finish() { r.blocks = r.builder.encode() }

// PutRebuilt writes a rebuilt segment. An unknown segment gets a new row with
// the counters' blobs; a known one keeps its row, since it has counters of
// removed events too, and gets a new filter. Unless the segment has lost
// events, it gets new blocks. The caller calls committed after the commit.
func (x *Index) PutRebuilt(
	ctx context.Context, tx *database.Tx, r *Rebuild, hours, minutes []byte, firstKept int64,
) (committed func(), err error) {
	s := r.segment
	if known := x.Get(s.N); known != nil {
		merged := *known
		merged.ngrams = s.ngrams
		s = &merged
		err = putFilter(ctx, tx, s)
	} else {
		err = Row{Segment: s, Hours: hours, Minutes: minutes}.put(ctx, tx)
	}
	if err == nil && First(s.N) >= firstKept {
		err = Row{Segment: s, blocks: r.blocks}.putBlocks(ctx, tx)
	}
	return func() { x.put(s) }, err
}

// putFilter writes the filter of a segment whose row is in the file.
func putFilter(ctx context.Context, tx *database.Tx, s *Segment) error {
	row := Row{Segment: s}
	err := tx.QueryRowContext(ctx, "SELECT hours, minutes FROM stretches WHERE n = ?", s.N).Scan(&row.Hours, &row.Minutes)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE stretches SET words = ?, sum = ? WHERE n = ?", s.ngrams[:], row.checksum(s.ngrams[:]), s.N)
	return err
}
