package retention

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/eventrow"
	"postern/internal/store/segment"
	"postern/internal/store/snapshots"
)

// removeByType removes up to a step's worth of events of the types that are kept
// for a shorter time than others: the oldest of each, found by an index. They are
// removed from the middle of the log, which has sequence gaps there from then on.
func (r *Retention) removeByType(ctx context.Context) (removed int64, more bool, err error) {
	for _, t := range slices.Sorted(maps.Keys(r.Policy.Types)) {
		before := event.FromMicro(r.rooms.Clock.Before(r.Policy.Types[t]).UnixMicro())
		// Arrival decreases along the log only after a clock that was ahead. The first
		// young event ends the step, so that none is removed too early.
		rows, err := r.rooms.DB.Reader().QueryContext(ctx, "SELECT "+eventrow.Columns+" FROM events WHERE type = ? ORDER BY seq LIMIT ?",
			int64(t), StepRows)
		if err != nil {
			return removed, false, err
		}
		bytes := r.pageBytes // events may be large
		old, err := collectWhile(rows, func(e *event.Event) bool {
			fits := bytes > 0
			bytes -= e.Size()
			return fits && e.Received.Before(before)
		})
		if err != nil {
			return removed, false, err
		}
		if old = segment.RedactionStep(old); len(old) == 0 {
			continue
		}
		if err := r.removeEvents(ctx, t, old); err != nil {
			return removed, false, err
		}
		removed += int64(len(old))
	}
	return removed, removed > 0, nil
}

// collectWhile reads events until one doesn't pass, and closes rows.
func collectWhile(rows interface {
	Next() bool
	Scan(...any) error
	Err() error
	Close() error
}, pass func(*event.Event) bool) (events []*event.Event, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := eventrow.ScanAsIs(rows)
		if errors.As(err, new(*eventrow.DamagedError)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !pass(e) {
			break
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

// removeEvents removes events of one type, oldest first, in one commit. Then it tells the
// readers that may hold a copy.
func (r *Retention) removeEvents(ctx context.Context, t event.Type, events []*event.Event) error {
	last := events[len(events)-1].Seq
	removed, seqs := make([]*event.Event, len(events)), make([]int64, len(events))
	var list strings.Builder
	for i, e := range events {
		removed[i], seqs[i] = e.AsRemoved(), e.Seq
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteString(strconv.FormatInt(e.Seq, 10))
	}
	types := r.rooms.Log.NoteRemovedType(t)
	var committed func()
	var images []snapshots.Hash
	r.rooms.DB.Lock()
	err := r.rooms.DB.Commit(ctx, func(tx *database.Tx) (err error) {
		if committed, err = r.rooms.Log.Index.Redact(ctx, tx, events, true, r.rooms.Log.First()); err != nil {
			return err
		}
		if err := r.rooms.Indexer.SaveHead(ctx, tx); err != nil { // removed events can't be counted again
			return err
		}
		if err := r.rooms.Holds.Copy(ctx, tx, "seq IN ("+list.String()+")"); err != nil {
			return err
		}
		if images, err = snapshots.RemoveOfEvents(ctx, tx, "seq IN ("+list.String()+")"); err != nil {
			return err
		}
		if err := r.rooms.Alerts.ForgetEvents(ctx, tx, seqs); err != nil {
			return err
		}
		// Attempts are kept for longer. Without the event it is unknown which person a
		// receiver's answer is about.
		for _, seq := range seqs {
			if err := deliveries.RedactAttempts(ctx, tx, seq); err != nil {
				return err
			}
		}
		// Delivery workers remove the deliveries that wait for a retry.
		if err := deliveries.ExpireExhausted(ctx, tx, "seq IN ("+list.String()+")", events[len(events)-1].Received); err != nil {
			return err
		}
		for _, statement := range []string{
			"DELETE FROM events WHERE seq IN (" + list.String() + ")",
			fmt.Sprintf("INSERT INTO meta VALUES ('removed', %d) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)", last),
			fmt.Sprintf("INSERT INTO meta VALUES ('missing', %d) ON CONFLICT DO UPDATE SET value = value + excluded.value", len(events)),
			fmt.Sprintf("INSERT OR REPLACE INTO meta VALUES ('thinned', %d)", types),
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return tx.Scrub(ctx, "events", seqs)
	})
	if err == nil {
		committed()
	}
	r.rooms.DB.Unlock()
	if err != nil {
		return err
	}
	r.rooms.Snapshots.RemoveFiles(ctx, images...)
	r.rooms.Log.AddSequenceGaps(int64(len(events)))
	r.removed.Add(int64(len(events)))
	r.rooms.Log.TellRedacted(removed)
	return nil
}
