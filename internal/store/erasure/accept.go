package erasure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"postern/internal/event"
	"postern/internal/store/legalhold"
)

// Erase accepts an erasure of the data of every event in the log that is about an identity,
// and returns how many events these are. Once it returns, the erasure outlives a crash. Run
// carries it out, and closes done when it is complete and the bytes are gone from the file.
// A *legalhold.HeldError says that a hold keeps one of the events, or names the identity.
// Without events nothing is stored. Events that arrive later stay.
func (e *Eraser) Erase(ctx context.Context, identity string) (events int64, done <-chan struct{}, err error) {
	if err := event.CheckIdentity(identity); err != nil {
		return 0, nil, err
	}
	// No hold or other erasure begins between the count and the commit.
	e.holds.Accepting.Lock()
	defer e.holds.Accepting.Unlock()
	job := erasing{identity: identity, at: e.db.Now().UTC().Truncate(time.Microsecond), through: e.log.Head()}
	holds, err := e.holds.All(ctx)
	if err != nil {
		return 0, nil, err
	}
	// A hold that names the identity covers future events too.
	if i := slices.IndexFunc(holds, func(h *legalhold.Hold) bool { return h.Identity == identity }); i >= 0 {
		return 0, nil, fmt.Errorf("erase an identity: %w", &legalhold.HeldError{Hold: holds[i].ID})
	}
	err = e.log.EachAbout(ctx, identity, 1, job.through, func(about *event.Event) error {
		if i := slices.IndexFunc(holds, func(h *legalhold.Hold) bool { return h.Match(about) }); i >= 0 {
			return &legalhold.HeldError{Hold: holds[i].ID}
		}
		events++
		return nil
	})
	if err == nil {
		// After the log: an event that left it meanwhile is copied.
		var h *legalhold.Hold
		if h, err = e.holds.WithCopyAbout(ctx, identity, holds); err == nil && h != nil {
			err = &legalhold.HeldError{Hold: h.ID}
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
	err = e.queue.accept(finished, func() (int64, error) {
		result, err := e.db.Exec(ctx, "INSERT INTO erasing (identity, at, position, through) SELECT ?, ?, 0, "+
			"? WHERE (SELECT count(*) FROM erasing) < ?",
			e.secrets.Encrypt(identity, erasingPlace), job.at.UnixMicro(), job.through, maxErasing)
		if err != nil {
			return 0, err
		}
		if made, err := result.RowsAffected(); err != nil {
			return 0, err
		} else if made == 0 {
			return 0, ErrTooMany
		}
		return result.LastInsertId()
	})
	if err != nil {
		return 0, nil, fmt.Errorf("erase an identity: %w", err)
	}
	return events, finished, nil
}
