package auditlog

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// ErrBroken says that the chain is broken: entries were changed or removed.
var ErrBroken = errors.New("the audit is broken")

// Log is the audit log of a store. Its methods are safe for concurrent use.
type Log struct {
	db      *database.DB
	secrets *secretbox.Box
	// clockHeld reports whether the clock is in doubt: then no entry is old.
	clockHeld func() bool
}

// New returns the audit log of a database. The box signs its head.
func New(db *database.DB, secrets *secretbox.Box, clockHeld func() bool) *Log {
	return &Log{db: db, secrets: secrets, clockHeld: clockHeld}
}

// Begin appends the first entry to the log of a new store.
func (l *Log) Begin(ctx context.Context) error {
	if _, _, err := l.readHead(ctx, l.db.Reader()); !errors.Is(err, sql.ErrNoRows) {
		return err // no commit, which a full disk would refuse
	}
	return l.db.Write(ctx, func(tx *database.Tx) error {
		// Entries without a head mean that somebody removed it. The next append says so.
		var entries int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM audit LIMIT 1)").Scan(&entries); err != nil || entries > 0 {
			return err
		}
		if err := l.writeHead(ctx, tx, head{first: 1}); err != nil {
			return err
		}
		return l.Append(ctx, tx, l.db.Now(), &Entry{ActorKind: ownActor, Action: ActionBegin, Outcome: done})
	})
}

// Append appends an entry in a transaction, and sets its N, At and Hash. at is the time of
// the change: all its entries have it.
func (l *Log) Append(ctx context.Context, tx *database.Tx, at time.Time, e *Entry) error {
	h, err := l.soundHead(ctx, tx, at)
	if err != nil {
		return err
	}
	return l.appendAfter(ctx, tx, at, &h, e)
}

// appendAfter writes e after the end h, and h with e as its end.
func (l *Log) appendAfter(ctx context.Context, tx *database.Tx, at time.Time, h *head, e *Entry) error {
	if e.Details == "" {
		e.Details = "{}"
	}
	e.N, e.At = h.n+1, event.FromMicro(at.UnixMicro()) // hash what the file has
	e.Hash = e.hash(h.hash)
	if _, err := tx.ExecContext(ctx, "INSERT INTO audit ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.N, e.At.UnixMicro(), e.ActorKind, e.Actor, e.Action, e.Target, e.Address, e.Outcome, e.Details, e.Hash[:]); err != nil {
		return err
	}
	h.n, h.hash = e.N, e.Hash
	return l.writeHead(ctx, tx, *h)
}
