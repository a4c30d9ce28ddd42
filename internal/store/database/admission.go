package database

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// refusal is why the newest append was refused.
type refusal struct {
	err error // nil if it wasn't
	at  time.Time
}

// FailureHolds is how long a refused append makes Probe fail: a probe writes
// little, which may fit where events don't.
const FailureHolds = 10 * time.Second

// Admit refuses events while the disk is full: the room that is left is for
// everything else. The caller holds the write lock.
func (db *DB) Admit(ctx context.Context) error {
	err := db.admit(ctx)
	if err != nil {
		db.refusal = refusal{err, db.opts.Now()}
	}
	return err
}

func (db *DB) admit(ctx context.Context) error {
	if !db.reserve.short || db.regain() {
		return nil
	}
	if db.writer.conn == nil {
		return ErrClosed
	}
	// Retention may have made room within the file.
	var pages, size int64
	err := db.writer.conn.QueryRowContext(ctx,
		"SELECT freelist_count, page_size FROM pragma_freelist_count, pragma_page_size").Scan(&pages, &size)
	if wanted, _ := db.reserve.wanted(); err == nil && pages*size >= max(wanted, 1) {
		return nil
	}
	return fmt.Errorf("%w: less than twice the reserve is free", ErrFull)
}

// Appended notes the outcome of the newest append. The caller holds the write
// lock.
func (db *DB) Appended(err error) {
	db.refusal = refusal{err, db.opts.Now()}
	switch {
	case err == nil:
		db.troubles.clear(TroubleFull, TroubleUnwritable)
	case errors.Is(err, ErrUnwritable):
		db.troubles.set(TroubleUnwritable, err)
	}
}

// Refusing reports whether events are refused, as on a full disk: then no camera
// can be heard from.
func (db *DB) Refusing() bool {
	db.Lock()
	defer db.Unlock()
	return db.refusal.err != nil || db.reserve.short
}

// Probe shows that the database can be written, by writing to it.
func (db *DB) Probe(ctx context.Context) error {
	db.Lock()
	refused := db.refusal
	full := !db.regain()
	db.Unlock()
	if err := db.troubles.get(TroubleReplaced); err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	if full && refused.err == nil {
		refused = refusal{ErrFull, db.opts.Now()}
	}
	if refused.err != nil && db.opts.Now().Sub(refused.at) < FailureHolds {
		return fmt.Errorf("probe store: %w", refused.err)
	}
	_, err := db.Exec(ctx, "INSERT INTO meta VALUES ('probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value", db.opts.Now().Unix())
	if err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	db.troubles.clear(TroubleUnwritable)
	return nil
}
