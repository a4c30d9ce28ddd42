package erasure

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/legalhold"
	"postern/internal/store/requests"
	"postern/internal/store/secretbox"
	"postern/internal/store/snapshots"
)

// open returns the eraser of an empty log.
func open(t *testing.T) *Eraser {
	t.Helper()
	box, err := secretbox.New(bytes.Repeat([]byte{5}, secretbox.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	db, err := database.Open(ctx, t.TempDir(), database.Options{}, func(context.Context, *database.DB) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	log := eventlog.New(db, eventlog.Options{})
	if _, err := log.LoadBounds(ctx); err != nil {
		t.Fatal(err)
	}
	snaps := snapshots.New(db, box, slog.New(slog.DiscardHandler))
	holds := legalhold.New(db, box, log, requests.New(db, box, time.Now), snaps, event.DefaultPageBytes)
	open := alerts.New(db, alerts.Log{First: log.First, Head: log.Head}, time.Now)
	return New(db, box, log, holds, snaps, open, Options{PageBytes: event.DefaultPageBytes, Logger: slog.New(slog.DiscardHandler)})
}

func TestQueue_closes_the_channel_of_an_erasure_that_is_complete_before_it_has_a_number(t *testing.T) {
	t.Parallel()
	e, ctx := open(t), context.Background()
	done, carried := make(chan struct{}), make(chan error, 1)
	err := e.queue.accept(done, func() (int64, error) {
		result, err := e.db.Exec(ctx, "INSERT INTO erasing (identity, at, position, through) VALUES (?, 0, 0, ?)",
			e.secrets.Encrypt("person-77", erasingPlace), e.log.Head())
		if err != nil {
			return 0, err
		}
		go func() {
			_, err := e.eraseNext(ctx)
			carried <- err
		}()
		for left := 1; left > 0; time.Sleep(time.Millisecond) {
			if err := e.db.Reader().QueryRowContext(ctx, "SELECT count(*) FROM erasing").Scan(&left); err != nil {
				return 0, err
			}
		}
		return result.LastInsertId()
	})
	if err := errors.Join(err, <-carried); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	default:
		t.Error("the caller that waits isn't told")
	}
	if len(e.queue.waiting) != 0 {
		t.Error("the queue still has the erasure")
	}
}
