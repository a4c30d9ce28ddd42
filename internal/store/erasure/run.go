package erasure

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/eventrow"
	"postern/internal/store/segment"
	"postern/internal/store/snapshots"
)

// Erasing works in steps of so many events, each in a commit of its own, with pauses
// between them: another writer waits for one step at most.
const (
	eraseStep  = 200
	erasePause = 5 * time.Millisecond
	eraseRetry = time.Second
)

// Run carries out the accepted erasures, also those that an earlier run left, until ctx
// ends. It returns nil then. It logs a failure, such as a full disk, and tries again.
func (e *Eraser) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		more, err := e.eraseNext(ctx)
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			e.opts.Logger.Error("erasing failed; it is tried again", slog.Any("error", err))
			again = time.After(eraseRetry)
		case more:
			continue
		}
		select {
		case <-ctx.Done():
		case <-e.queue.accepted:
		case <-again:
		}
	}
	return nil
}

// eraseNext carries out the oldest erasure. more is false if none is under way.
func (e *Eraser) eraseNext(ctx context.Context) (more bool, err error) {
	jobs, err := e.underWay(ctx, 1)
	if err != nil || len(jobs) == 0 {
		return false, err
	}
	job := jobs[0]
	var found []*event.Event
	bytes := int64(0) // of them
	step := func() error {
		if len(found) == 0 {
			return nil
		}
		if err := e.eraseEvents(ctx, &job, found); err != nil {
			return err
		}
		clear(found)
		found, bytes = found[:0], 0
		return database.Wait(ctx, erasePause)
	}
	err = e.log.EachAbout(ctx, job.identity, job.position+1, job.through, func(about *event.Event) error {
		bytes += about.Size()
		if found = append(
			found,
			about,
		); len(found) < eraseStep && bytes < e.opts.PageBytes &&
			len(segment.RedactionStep(found)) == len(found) {
			return nil
		}
		return step()
	})
	if err == nil {
		err = step()
	}
	// Events of a released hold may be about the identity too.
	for more := true; more && err == nil; {
		more, err = e.holds.RemoveReleased(ctx)
	}
	if err == nil {
		// A crash may have left the file of a snapshot whose row is gone.
		err = e.snapshots.Settle(ctx)
	}
	// Only an empty write-ahead log has nothing of the identity. After a crash before
	// this, the row makes the next start repeat the erasure.
	for err == nil {
		var whole bool
		if whole, err = e.db.EmptyWAL(ctx); whole || err != nil {
			break
		}
		err = database.Wait(ctx, eraseRetry/10)
	}
	if err == nil {
		err = e.endErasure(ctx, &job)
	}
	if err != nil {
		return false, fmt.Errorf("erase an identity: %w", err)
	}
	e.queue.finish(job.n)
	e.opts.Logger.Info("an identity was erased", slog.Int64("events", job.events))
	return true, nil
}

// eraseEvents overwrites events and the receivers' answers about them, and moves the
// erasure on past them, in one commit. Then it tells the readers that may hold a copy.
func (e *Eraser) eraseEvents(ctx context.Context, job *erasing, events []*event.Event) error {
	left := make([]*event.Event, len(events))
	for i, before := range events {
		left[i] = before.Erase(job.at)
	}
	var committed func()
	var images []snapshots.Hash
	e.db.Lock()
	err := e.db.Commit(ctx, func(tx *database.Tx) (err error) {
		if committed, err = e.log.Index.Redact(ctx, tx, events, false, e.log.First()); err != nil {
			return err
		}
		for _, erased := range events {
			data := eventrow.Tombstone(job.at, len(erased.Data))
			if _, err := tx.ExecContext(ctx, "UPDATE events SET data = ?, sum = ? WHERE seq = ?", data, eventrow.Sum(erased, []byte(data)),
				erased.Seq); err != nil {
				return err
			}
			if err := deliveries.RedactAttempts(ctx, tx, erased.Seq); err != nil {
				return err
			}
			removed, err := snapshots.RemoveOfErased(ctx, tx, erased)
			if err != nil {
				return err
			}
			images = append(images, removed...)
		}
		if err := e.alerts.Erased(ctx, tx, left); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE erasing SET position = ?, events = events + ? WHERE n = ?",
			events[len(events)-1].Seq, len(events), job.n)
		return err
	})
	if err == nil {
		committed()
	}
	e.db.Unlock()
	if err != nil {
		return err
	}
	e.snapshots.RemoveFiles(ctx, images...)
	job.events += int64(len(events))
	e.log.TellRedacted(left)
	return nil
}

// endErasure replaces the row of an erasure under way by that of a complete one.
func (e *Eraser) endErasure(ctx context.Context, job *erasing) error {
	return e.db.Write(ctx, func(tx *database.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM erasing WHERE n = ?", job.n); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO erasures (tag, at, events) VALUES (?, ?, ?)", e.secrets.Tag(job.identity),
			job.at.UnixMicro(), job.events)
		return err
	})
}
