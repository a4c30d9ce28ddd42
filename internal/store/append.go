package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"postern/internal/event"
)

// Append makes the batches durable in one commit, each whole or not at all,
// and numbers their events in the order given. A batch with an id that its
// producer gave to other content gets an Err that wraps event.ErrConflict; an
// event whose id another producer has taken gets a new one. The returned error means that nothing was kept: ErrFull, ErrUnwritable, or one
// that should not happen.
func (s *Store) Append(ctx context.Context, batches []*event.Batch) error {
	w := &s.write
	w.appending.Add(1)
	w.mu.Lock()
	w.appending.Add(-1)
	defer w.mu.Unlock()

	if err := w.admit(ctx); err != nil {
		w.failed, w.failedAt = err, s.opts.Now()
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	if err := w.meet(ctx, batches); err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	rides := s.settle.take(ripe(w.lastCommit()))
	head := s.head.Load()
	received := nextArrival(s.clock.arrival().UnixMicro(), w.received)
	saved := 0
	insert := func() (err error) {
		number(batches, head, received)
		if err := w.insert(ctx, batches); err != nil {
			return err
		}
		if err := s.resolveAlerts(ctx, batches, received); err != nil {
			return err
		}
		if err := s.markAnnounced(ctx, batches, received); err != nil {
			return err
		}
		if saved, err = s.segments.Save(ctx, s.write.conn, s.First()); err != nil {
			return err
		}
		return s.applySettlements(ctx, rides)
	}
	err := w.commit(ctx, func() error {
		if slices.ContainsFunc(batches, w.collides) {
			if err := w.judge(ctx, batches, w.collides); err != nil {
				return err
			}
		}
		return insert()
	})
	if isUnique(err) {
		// Rare: somebody sends again what is here. Only then is each id
		// looked up, so that everyone else pays nothing for it.
		err = w.commit(ctx, func() error {
			if err := w.judge(ctx, batches, func(*event.Batch) bool { return true }); err != nil {
				return err
			}
			return insert()
		})
	}
	w.appended(err, s.opts.Now())
	rides.finish(err)
	if err != nil {
		forget(batches)
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	w.received = received
	s.segments.Saved(saved)
	for _, b := range batches {
		for _, e := range b.Events {
			if e.Seq > 0 {
				s.countEvent(e)
				head = e.Seq
			}
		}
	}
	s.head.Store(head)
	return nil
}

// nextArrival is the time of arrival after another one. It goes back only with
// a clock that was far ahead and is right now.
func nextArrival(now, last int64) int64 {
	if last-now > clockTolerance.Microseconds() {
		return now
	}
	return max(now, last)
}

// appended notes what became of the newest append. The caller holds mu.
func (w *writer) appended(err error, at time.Time) {
	w.failed, w.failedAt = err, at
	switch {
	case err == nil:
		w.troubles.clear(TroubleFull, TroubleUnwritable)
	case errors.Is(err, ErrUnwritable):
		w.troubles.set(TroubleUnwritable, err)
	}
}

// duplicate marks, by its number, an event that the log holds already; it
// becomes zero once the batches are numbered.
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

// forget takes back what a failed append said of its batches.
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
func (w *writer) insert(ctx context.Context, batches []*event.Batch) error {
	ctx = context.WithoutCancel(ctx)
	args := w.args[:0]
	defer clear(w.args[:cap(w.args)]) // the events aren't the writer's to keep
	var received any                  // the same for all, and so one value
	for _, b := range batches {
		var producer any = w.producers[b.Producer]
		for _, e := range b.Events {
			if e.Seq == 0 {
				continue
			}
			if received == nil {
				received = e.Received.UnixMicro()
			}
			if e.ProducerID != "" || e.Site != "" {
				if _, err := w.stmts.insertWhole.ExecContext(ctx, appendOrigin(appendRow(nil, e, received, producer), e)...); err != nil {
					return err
				}
				continue
			}
			args = appendRow(args, e, received, producer)
			if len(args) == cap(args) {
				if _, err := w.stmts.insert[0].ExecContext(ctx, args...); err != nil {
					return err
				}
				args = args[:0]
			}
		}
	}
	for i, rows := range insertRows {
		if n := rows * columns; len(args) >= n { // once at most, since each is twice the next
			if _, err := w.stmts.insert[i].ExecContext(ctx, args[:n]...); err != nil {
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
	return append(args, e.Seq, idValue(e.ID), int64(e.Type), e.Time.UnixMicro(), received, e.Source, camera, data, producer, eventSum(e, e.Data))
}

// appendOrigin appends what most events don't have: an id of their producer's
// beside the log's, and another site.
func appendOrigin(args []any, e *event.Event) []any {
	var producerID, site any
	if e.ProducerID != "" {
		producerID = idValue(e.ProducerID)
	}
	if e.Site != "" {
		site = e.Site
	}
	return append(args, producerID, e.Renamed, site)
}

// idValue is an id as it is stored.
func idValue(id string) any {
	if packed := event.PackID(id); packed != nil {
		return packed
	}
	return id
}
