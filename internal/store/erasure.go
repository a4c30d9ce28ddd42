package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/eventrow"
	"postern/internal/store/segment"
)

// Erasing works in steps of so many events, each in a commit of its own, with
// pauses between them: the writer waits for one step at most.
const (
	eraseStep  = 200
	erasePause = 5 * time.Millisecond
	eraseRetry = time.Second
	maxErasing = 1000 // erasures that wait
)

// ErrTooManyErasures says that as many erasures wait as may.
var ErrTooManyErasures = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Many erasures are under way. Send this one again once some of them are done.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("too many erasures wait"),
}

// Erasure is one that is done: of how many events, and when it was asked for.
type Erasure struct {
	At     time.Time
	Events int64
}

// erasing is an erasure under way.
type erasing struct {
	n                 int64
	identity          string
	at                time.Time
	position, through int64
	events            int64
}

// erasingPlace is where the identity of an erasure under way is sealed for.
const erasingPlace = "erasing"

// Erase accepts an erasure of the data of every event in the log whose
// identity_id is the one given, and returns how many events that is. Once it
// returns, the erasure outlives a crash; done is closed when it is complete
// and the bytes are gone from the file. A *HeldError says that a hold keeps one
// of them, or names the identity. Where there are no such events nothing
// is kept of it. Events that arrive later are not touched.
func (s *Store) Erase(ctx context.Context, identity string) (events int64, done <-chan struct{}, err error) {
	if err := event.CheckIdentity(identity); err != nil {
		return 0, nil, err
	}
	// One at a time, so that the accepted events are those that were counted.
	s.erasing.accepting.Lock()
	defer s.erasing.accepting.Unlock()
	job := erasing{identity: identity, at: s.opts.Now().UTC().Truncate(time.Microsecond), through: s.Head()}
	holds, err := s.Holds(ctx)
	if err != nil {
		return 0, nil, err
	}
	// A hold that names the identity covers future events too.
	if i := slices.IndexFunc(holds, func(h *Hold) bool { return h.Identity == identity }); i >= 0 {
		return 0, nil, fmt.Errorf("erase an identity: %w", &HeldError{Hold: holds[i].ID})
	}
	err = s.EachAbout(ctx, identity, 1, job.through, func(e *event.Event) error {
		if i := slices.IndexFunc(holds, func(h *Hold) bool { return h.Match(e) }); i >= 0 {
			return &HeldError{Hold: holds[i].ID}
		}
		events++
		return nil
	})
	if err == nil {
		// After the log: what left it meanwhile is there.
		var h *Hold
		if h, err = s.heldBy(ctx, identity, holds); err == nil && h != nil {
			err = &HeldError{Hold: h.ID}
		}
	}
	if err != nil {
		return 0, nil, fmt.Errorf("erase an identity: %w", err)
	}
	finished := make(chan struct{})
	if events == 0 {
		close(finished)
		return 0, finished, nil
	}
	err = s.erasing.accept(finished, func() (int64, error) {
		result, err := s.DB.Exec(ctx, "INSERT INTO erasing (identity, at, position, through) SELECT ?, ?, 0, "+
			"? WHERE (SELECT count(*) FROM erasing) < ?",
			s.Secrets.Encrypt(identity, erasingPlace), job.at.UnixMicro(), job.through, maxErasing)
		if err != nil {
			return 0, err
		}
		if made, err := result.RowsAffected(); err != nil {
			return 0, err
		} else if made == 0 {
			return 0, ErrTooManyErasures
		}
		return result.LastInsertId()
	})
	if err != nil {
		return 0, nil, fmt.Errorf("erase an identity: %w", err)
	}
	return events, finished, nil
}

// countErased counts the complete erasures.
func (s *Store) countErased(ctx context.Context) error {
	err := s.reader.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) FROM erasures").Scan(&s.erasedBefore)
	if err != nil {
		return fmt.Errorf("count the erasures: %w", err)
	}
	return nil
}

// RunErasures carries out the erasures that were accepted, also those that a
// run before this one left, until ctx ends. It returns nil then; a failure,
// such as a full disk, is logged and tried again.
func (s *Store) RunErasures(ctx context.Context) error {
	for ctx.Err() == nil {
		more, err := s.eraseNext(ctx)
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			s.opts.Logger.Error("erasing failed; it is tried again", slog.Any("error", err))
			again = time.After(eraseRetry)
		case more:
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.erasing.accepted:
		case <-again:
		}
	}
	return nil
}

// eraseNext carries out the oldest erasure; more is false where none waits.
func (s *Store) eraseNext(ctx context.Context) (more bool, err error) {
	jobs, err := s.erasuresUnderWay(ctx, 1)
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
		if err := s.eraseEvents(ctx, &job, found); err != nil {
			return err
		}
		clear(found)
		found, bytes = found[:0], 0
		return database.Wait(ctx, erasePause)
	}
	err = s.EachAbout(ctx, job.identity, job.position+1, job.through, func(e *event.Event) error {
		bytes += e.Size()
		if found = append(found, e); len(found) < eraseStep && bytes < s.opts.PageBytes && len(segment.RedactionStep(found)) == len(found) {
			return nil
		}
		return step()
	})
	if err == nil {
		err = step()
	}
	// Events of a released hold may be about the identity too.
	for more := true; more && err == nil; {
		more, err = s.dropReleased(ctx)
	}
	// Only an empty write-ahead log has nothing of the identity. After a crash before
	// this, the row makes the next start repeat the erasure.
	for err == nil {
		var whole bool
		if whole, err = s.DB.EmptyWAL(ctx); whole || err != nil {
			break
		}
		err = database.Wait(ctx, eraseRetry/10)
	}
	if err == nil {
		err = s.endErasure(ctx, &job)
	}
	if err != nil {
		return false, fmt.Errorf("erase an identity: %w", err)
	}
	s.erasing.finish(job.n)
	s.opts.Logger.Info("an identity was erased", slog.Int64("events", job.events))
	return true, nil
}

// eraseEvents overwrites events, and what receivers said about them, and
// moves the erasure on past them, in one commit. Then whoever holds them in
// memory is told.
func (s *Store) eraseEvents(ctx context.Context, job *erasing, events []*event.Event) error {
	var committed func()
	s.DB.Lock()
	err := s.DB.Commit(ctx, func(tx *database.Tx) (err error) {
		if committed, err = s.Index.Redact(ctx, tx, events, false, s.First()); err != nil {
			return err
		}
		for _, e := range events {
			data := eventrow.Tombstone(job.at, len(e.Data))
			if _, err := tx.ExecContext(ctx, "UPDATE events SET data = ?, sum = ? WHERE seq = ?", data, eventrow.Sum(e, []byte(data)),
				e.Seq); err != nil {
				return err
			}
			if err := deliveries.RedactAttempts(ctx, tx, e.Seq); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "UPDATE erasing SET position = ?, events = events + ? WHERE n = ?",
			events[len(events)-1].Seq, len(events), job.n)
		return err
	})
	if err == nil {
		committed()
	}
	s.DB.Unlock()
	if err != nil {
		return err
	}
	job.events += int64(len(events))
	left := make([]*event.Event, len(events))
	for i, e := range events {
		left[i] = e.Erase(job.at)
	}
	s.tellRedacted(left)
	return nil
}

// endErasure turns the row of an erasure into the record of it.
func (s *Store) endErasure(ctx context.Context, job *erasing) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM erasing WHERE n = ?", job.n); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO erasures (tag, at, events) VALUES (?, ?, ?)", s.Secrets.Tag(job.identity),
			job.at.UnixMicro(), job.events)
		return err
	})
}
