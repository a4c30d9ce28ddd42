package segment

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Index is the search index of a log: the summaries of its full segments, and
// the head segment that new events go into. Methods that change it are called
// by one goroutine at a time, the one that holds the writer; Prune and
// Candidates by any.
type Index struct {
	reader    *sql.DB
	readBlock *sql.Stmt
	damaged   func(n int64)

	mu      sync.RWMutex
	full    map[int64]*Segment // by number; a full segment that is missing may hold anything
	head    *Segment           // nil between two segments
	builder *Builder           // of the head segment
	unsaved []Row              // full, and not in the file yet

	redactions atomic.Int64
}

// NewIndex returns an index that isn't open yet. damaged is called with the
// number of a segment of which a row isn't as it was written.
func NewIndex(damaged func(n int64)) *Index {
	return &Index{damaged: damaged, full: make(map[int64]*Segment), builder: NewBuilder()}
}

// Open prepares the index to read from the file.
func (x *Index) Open(ctx context.Context, reader *sql.DB) (err error) {
	x.reader = reader
	x.readBlock, err = reader.PrepareContext(ctx, blockSQL)
	return err
}

// Close releases what Open has prepared. The caller closes the reader.
func (x *Index) Close() error {
	if x.readBlock == nil {
		return nil
	}
	return x.readBlock.Close()
}

// Load reads the rows of segments from first to last. use gets each row that is
// as it was written, and reports whether it could use the counters' blobs; if
// not, the segment is unknown until it is rebuilt.
func (x *Index) Load(ctx context.Context, first, last int64, use func(Row) bool) error {
	rows, err := x.reader.QueryContext(ctx, "SELECT "+segmentColumns+" FROM stretches WHERE n BETWEEN ? AND ? ORDER BY n", first, last)
	if err != nil {
		return fmt.Errorf("read segments: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		row, whole, err := scanRow(rows)
		if err != nil {
			return fmt.Errorf("read segments: %w", err)
		}
		if !whole {
			x.damaged(row.N)
			continue
		}
		if use(row) {
			x.put(row.Segment)
		} else {
			x.forget(row.N)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read segments: %w", err)
	}
	return nil
}

func (x *Index) put(s *Segment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.full[s.N] = s
}

func (x *Index) forget(n int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.full, n)
}

// Get returns the summary of a full segment, nil where it is unknown.
func (x *Index) Get(n int64) *Segment {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.full[n]
}

// Prune compares a filter with segment n. An unknown segment may hold anything.
func (x *Index) Prune(n int64, f *CompiledFilter) Verdict {
	x.mu.RLock()
	defer x.mu.RUnlock()
	switch s := x.full[n]; {
	case s != nil:
		return s.Prune(f)
	case x.head != nil && x.head.N == n:
		return x.head.Prune(f)
	}
	return Scan
}

// Head returns the number of the head segment. ok is false between two
// segments.
func (x *Index) Head() (n int64, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.head == nil {
		return 0, false
	}
	return x.head.N, true
}

// Begin makes segment n the head segment. There must be none.
func (x *Index) Begin(n int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.head = New(n)
}

// Add adds an event to the head segment.
func (x *Index) Add(e *event.Event) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.head.Add(e, x.builder)
}

// Complete ends the head segment: it is full, and goes into the file with the
// next Save, the counters' blobs beside it.
func (x *Index) Complete(hours, minutes []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.full[x.head.N] = x.head
	x.unsaved = append(x.unsaved, Row{Segment: x.head, Hours: hours, Minutes: minutes, blocks: x.builder.encode()})
	x.head = nil
	x.builder.Reset()
}

// Save writes the full segments that the file doesn't have. firstKept is the
// first sequence number that is kept: a segment that has lost events gets no
// blocks, since they have texts of removed events. Once the transaction is
// committed, the caller passes n to Saved.
func (x *Index) Save(ctx context.Context, tx *database.Tx, firstKept int64) (n int, err error) {
	x.mu.RLock()
	unsaved := x.unsaved
	x.mu.RUnlock()
	for _, row := range unsaved {
		if err := row.put(ctx, tx); err != nil {
			return 0, err
		}
		if First(row.N) < firstKept {
			continue
		}
		if err := row.putBlocks(ctx, tx); err != nil {
			return 0, err
		}
	}
	return len(unsaved), nil
}

// Saved says that the transaction of a Save is committed.
func (x *Index) Saved(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.unsaved = x.unsaved[n:]
}

// unsavedRow returns the row of segment n if it is not in the file yet.
func (x *Index) unsavedRow(n int64) (Row, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if i := slices.IndexFunc(x.unsaved, func(r Row) bool { return r.N == n }); i >= 0 {
		return x.unsaved[i], true
	}
	return Row{}, false
}
