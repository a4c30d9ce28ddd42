package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrClosed says that the database is closed.
var ErrClosed = errors.New("the store is closed")

// writer is the one connection that writes. The holder of lock may use it.
type writer struct {
	lock                    writeLock
	db                      *sql.DB
	conn                    *sql.Conn
	begin, commit, rollback *sql.Stmt
	prepared                map[string]*sql.Stmt // all of the connection, by their text

	took atomic.Int64 // the newest commit, nanoseconds
}

// Tx is the write transaction that is under way. Its methods go on where their
// context ends: a caller that goes away must not interrupt SQLite halfway.
type Tx struct {
	conn   *sql.Conn
	writer *writer
}

// ExecContext runs a statement.
func (tx *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
}

// QueryContext reads rows, also those that the transaction has written.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// QueryRowContext reads a row.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.conn.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}

// ExecPrepared runs a statement that is parsed once and kept. The texts of such
// statements are few and constant.
func (tx *Tx) ExecPrepared(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx = context.WithoutCancel(ctx)
	stmt, err := tx.writer.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// QueryRowPrepared reads a row by a statement that is parsed once and kept.
func (tx *Tx) QueryRowPrepared(ctx context.Context, query string, args ...any) Row {
	ctx = context.WithoutCancel(ctx)
	stmt, err := tx.writer.prepare(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return stmt.QueryRowContext(ctx, args...)
}

// failedRow is a row that can't be read.
type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// Write runs do in a transaction of its own and makes it durable. When do or the
// commit fails, nothing is kept.
func (db *DB) Write(ctx context.Context, do func(*Tx) error) error {
	db.Lock()
	defer db.Unlock()
	return db.Commit(ctx, do)
}

// Exec runs one statement in a transaction of its own.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (result sql.Result, err error) {
	err = db.Write(ctx, func(tx *Tx) (err error) {
		result, err = tx.ExecContext(ctx, query, args...)
		return err
	})
	return result, err
}

// Commit is Write for a caller that holds the write lock.
func (db *DB) Commit(ctx context.Context, do func(*Tx) error) error {
	w := &db.writer
	if w.conn == nil {
		return ErrClosed
	}
	if err := db.troubles.get(TroubleReplaced); err != nil {
		db.saveWAL()
		return err
	}
	defer db.saveWAL()
	// Work that has begun is carried through or undone whole.
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	if _, err := w.begin.ExecContext(ctx); err != nil {
		db.counters.failures.Add(1)
		return db.refused(err)
	}
	err := do(&Tx{w.conn, w})
	if err == nil {
		err = db.checkFiles(eventFiles)
	}
	if err == nil {
		err = db.opts.System.committing()
	}
	if err == nil {
		if err = db.sync(ctx, began); err == nil {
			// A file that went meanwhile has taken the commit along.
			if err = db.checkFiles(eventFiles); err == nil {
				db.checkpoint(ctx)
			}
			return err
		}
	}
	// A unique key is looked into and the commit tried again. Where do has refused,
	// nothing is wrong.
	if IsSQLite(err) && !IsUnique(err) || errors.Is(err, ErrReplaced) {
		db.counters.failures.Add(1)
	}
	// SQLite has already rolled back after some errors; then this one is
	// refused, which is no news.
	_, _ = w.rollback.ExecContext(ctx)
	return db.refused(err)
}

// sync makes the transaction durable that began at a time.
func (db *DB) sync(ctx context.Context, began time.Time) error {
	syncing := time.Now()
	if slow := db.opts.System.Syncing; slow != nil {
		slow()
	}
	if _, err := db.writer.commit.ExecContext(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	db.writer.took.Store(int64(took))
	db.counters.syncs.ObserveDuration(time.Since(syncing))
	db.counters.commits.ObserveDuration(took)
	return nil
}

// refused classifies an error of a transaction. Where the disk is full it gives up
// the reserve.
func (db *DB) refused(err error) error {
	err = DiskError(err)
	db.ranFull(err)
	return err
}

// lastCommit returns how long the newest commit took.
func (w *writer) lastCommit() time.Duration { return time.Duration(w.took.Load()) }

// prepare returns a statement of the connection, which is parsed once.
func (w *writer) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := w.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %.30q: %w", query, err)
	}
	w.prepared[query] = stmt
	return stmt, nil
}

// QueryRowLocked reads a row on the connection that writes, outside a transaction,
// for a caller that holds the write lock. It doesn't wait for a reader to return its
// connection.
func (db *DB) QueryRowLocked(ctx context.Context, query string, args ...any) Row {
	if db.writer.conn == nil {
		return failedRow{ErrClosed}
	}
	return db.writer.conn.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}

// Conn runs do with the connection that writes, outside a transaction, as for a
// pragma that can't run within one.
func (db *DB) Conn(do func(*sql.Conn) error) error {
	db.Lock()
	defer db.Unlock()
	if db.writer.conn == nil {
		return ErrClosed
	}
	return do(db.writer.conn)
}

// close closes the connection. Its statements must be closed first: they belong to
// a single connection, and while one is open SQLite keeps the file open, and would
// leave the newest events in a -wal file beside it.
func (w *writer) close() error {
	var errs []error
	for _, stmt := range w.prepared {
		errs = append(errs, stmt.Close())
	}
	clear(w.prepared)
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
		w.conn = nil
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	return errors.Join(errs...)
}
