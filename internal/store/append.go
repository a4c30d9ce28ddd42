package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/eventrow"
	"postern/internal/store/snapshots"
	"postern/internal/store/wallclock"
)

// insertRows are how many rows the statements insert, each half as many as the one
// before, so that a group of any size takes few statements. More than 32 rows a
// statement are no faster.
var insertRows = [...]int{32, 16, 8, 4, 2, 1}

// insertSQL are the statements of insertRows.
var insertSQL = func() (statements [len(insertRows)]string) {
	const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	for i, rows := range insertRows {
		statements[i] = "INSERT INTO events (seq, id, type, at, received, source, camera, data, producer, sum) VALUES " +
			strings.Repeat(row+", ", rows-1) + row
	}
	return statements
}()

// insertWholeSQL inserts one event that has all columns.
const insertWholeSQL = "INSERT INTO events (seq, id, type, at, received, source, camera, data, producer, sum, " +
	"producer_id, renamed, site, snapshot, silence) " +
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

// appender is the state between appends. The write lock guards it.
type appender struct {
	args []any // of the statement that is filled
	// producers has the numbers of producers by name, and colliding those
	// whose ids are checked before they are inserted (duplicates.go).
	producers map[string]int64
	colliding map[int64]bool
	received  int64 // of the newest event, Unix microseconds
}

func newAppender() appender {
	return appender{
		args:      make([]any, 0, insertRows[0]*columns),
		producers: map[string]int64{"": 0}, colliding: make(map[int64]bool),
	}
}

// Append makes the batches durable in one commit, each whole or not at all, and
// numbers their events in the given order. A batch with an id that its producer
// gave to other content gets an Err that wraps event.ErrConflict. An event whose id
// another producer has taken gets a new id. With an error no event is stored; it is
// database.ErrFull, database.ErrUnwritable, or one that should not happen.
func (s *Store) Append(ctx context.Context, batches []*event.Batch) error {
	s.DB.LockToAppend()
	defer s.DB.Unlock()

	if err := s.DB.Admit(ctx); err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	if err := s.append.numberProducers(ctx, s.DB, batches); err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	shared := s.DB.TakeShared()
	received := nextArrival(s.clock.Arrival().UnixMicro(), s.append.received)
	saved, err := s.commitBatches(ctx, batches, received, shared)
	s.DB.Appended(err)
	shared.Finish(err)
	if err != nil {
		forget(batches)
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	s.append.received = received
	s.Index.Saved(saved)
	head := s.Head()
	for _, b := range batches {
		for _, e := range b.Events {
			if e.Seq > 0 {
				s.indexer.Count(e)
				head = e.Seq
			}
		}
	}
	s.SetHead(head)
	return nil
}

// commitBatches commits the batches and the shared changes, and returns how many
// segments were saved with them. The caller holds the write lock.
func (s *Store) commitBatches(ctx context.Context, batches []*event.Batch, received int64, shared database.Group) (saved int, err error) {
	a := &s.append
	commit := func(check bool, these func(*event.Batch) bool) error {
		return s.DB.Commit(ctx, func(tx *database.Tx) error {
			if check {
				if err := a.checkIDs(ctx, tx, batches, these); err != nil {
					return err
				}
			}
			saved, err = s.insertBatches(ctx, tx, batches, received)
			if err != nil {
				return err
			}
			return shared.Apply(tx)
		})
	}
	err = commit(slices.ContainsFunc(batches, a.collides), a.collides)
	if database.IsUnique(err) {
		// Rare: a producer sends events again that the log has. Only then is each id
		// looked up, so that all others pay nothing for it.
		err = commit(true, func(*event.Batch) bool { return true })
	}
	return saved, err
}

// insertBatches writes the batches and the changes that their events cause, and
// returns how many segments it has saved.
func (s *Store) insertBatches(ctx context.Context, tx *database.Tx, batches []*event.Batch, received int64) (saved int, err error) {
	number(batches, s.Head(), received)
	s.silence(batches, received)
	if err := s.append.insert(ctx, tx, batches); err != nil {
		return 0, err
	}
	if err := insertSnapshots(ctx, tx, batches, received); err != nil {
		return 0, err
	}
	if err := s.Alerts.Add(ctx, tx, batches); err != nil {
		return 0, err
	}
	if err := s.Alerts.Resolve(ctx, tx, batches, received); err != nil {
		return 0, err
	}
	if err := deliveries.MarkAnnounced(ctx, tx, batches, received); err != nil {
		return 0, err
	}
	return s.Index.Save(ctx, tx, s.First())
}

// insertSnapshots writes the rows of the snapshots that came with their events.
func insertSnapshots(ctx context.Context, tx *database.Tx, batches []*event.Batch, received int64) error {
	for _, b := range batches {
		if b.Snapshot == nil || b.Err != nil || b.Events[0].Seq == 0 {
			continue
		}
		if err := snapshots.Insert(ctx, tx, b.Events[0].Seq, received, b.Snapshot); err != nil {
			return err
		}
	}
	return nil
}

// nextArrival returns the time of arrival after another one. It goes back only after
// a clock was far ahead and is right again.
func nextArrival(now, last int64) int64 {
	if last-now > wallclock.Tolerance.Microseconds() {
		return now
	}
	return max(now, last)
}

// duplicate is the sequence number of an event that is in the log already, until
// the batches are numbered. Then it becomes zero.
const duplicate = -1

// number gives the events their sequence numbers and their time of arrival.
func number(batches []*event.Batch, head, received int64) {
	at := event.FromMicro(received)
	for _, b := range batches {
		for _, e := range b.Events {
			if b.Err != nil || e.Seq == duplicate {
				e.Seq = 0
				continue
			}
			head++
			e.Seq, e.Received = head, at
		}
	}
}

// silence notes which events are silenced.
func (s *Store) silence(batches []*event.Batch, received int64) {
	at := event.FromMicro(received)
	for _, b := range batches {
		for _, e := range b.Events {
			e.Silence = s.Silences.Silencer(e, at)
		}
	}
}

// forget resets the results of a failed append in its batches.
func forget(batches []*event.Batch) {
	for _, b := range batches {
		b.Duplicates, b.Echoes, b.Err = 0, 0, nil
		for _, e := range b.Events {
			e.Seq, e.Received = 0, time.Time{}
			e.UndoRename()
		}
	}
}

// columns is how many values a row of events has.
const columns = 10

// insert writes the numbered events, many rows a statement.
func (a *appender) insert(ctx context.Context, tx *database.Tx, batches []*event.Batch) error {
	args := a.args[:0]
	defer clear(a.args[:cap(a.args)]) // the events aren't the appender's to keep
	var received any                  // the same for all, and so one value
	for _, b := range batches {
		var producer any = a.producers[b.Producer]
		for _, e := range b.Events {
			if e.Seq == 0 {
				continue
			}
			if received == nil {
				received = e.Received.UnixMicro()
			}
			if e.ProducerID != "" || e.Site != "" || e.Snapshot != nil || e.Silence != 0 {
				if _, err := tx.ExecPrepared(ctx, insertWholeSQL, appendRare(appendRow(nil, e, received, producer), e)...); err != nil {
					return err
				}
				continue
			}
			args = appendRow(args, e, received, producer)
			if len(args) == cap(args) {
				if _, err := tx.ExecPrepared(ctx, insertSQL[0], args...); err != nil {
					return err
				}
				args = args[:0]
			}
		}
	}
	for i, rows := range insertRows {
		if n := rows * columns; len(args) >= n { // once at most, since each is twice the next
			if _, err := tx.ExecPrepared(ctx, insertSQL[i], args[:n]...); err != nil {
				return err
			}
			args = args[n:]
		}
	}
	return nil
}

func appendRow(args []any, e *event.Event, received, producer any) []any {
	var camera any
	if e.Camera != "" {
		camera = e.Camera
	}
	// The payload is read-only and outlives the statement: no copy is needed
	// to hand it over as text.
	data := unsafe.String(unsafe.SliceData(e.Data), len(e.Data))
	return append(args, e.Seq, eventrow.IDValue(e.ID), int64(e.Type), e.Time.UnixMicro(), received, e.Source, camera, data, producer,
		eventrow.Sum(e, e.Data))
}

// appendRare appends the columns that most events don't have: a producer's id that
// differs from the log's, another site, a snapshot, and a silence.
func appendRare(args []any, e *event.Event) []any {
	var producerID, site, snapshot, silence any
	if e.ProducerID != "" {
		producerID = eventrow.IDValue(e.ProducerID)
	}
	if e.Site != "" {
		site = e.Site
	}
	if e.Snapshot != nil {
		snapshot = e.Snapshot.Pack()
	}
	if e.Silence != 0 {
		silence = e.Silence
	}
	return append(args, producerID, e.Renamed, site, snapshot, silence)
}
