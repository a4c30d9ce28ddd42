package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// insertRows are how many events the statements insert, each half as many as
// the one before, so that a group of any size takes few: 32 is where more
// stops paying.
var insertRows = [...]int{32, 16, 8, 4, 2, 1}

// statements are prepared once, on the connection that writes.
type statements struct {
	begin, commit, rollback *sql.Stmt
	insert                  [len(insertRows)]*sql.Stmt
	insertWhole             *sql.Stmt // one event that has all columns
	byID, bySentID          *sql.Stmt
	setCursor               *sql.Stmt
	putPending, delPending  *sql.Stmt
	putAttempts             *sql.Stmt

	opened []*sql.Stmt // all of them
}

const insertEvents = "INSERT INTO events (seq, id, type, at, received, source, camera, data, producer, sum) VALUES "

func (w *writer) prepare(ctx context.Context) error {
	type statement struct {
		to  **sql.Stmt
		sql string
	}
	list := []statement{
		{&w.stmts.begin, "BEGIN IMMEDIATE"},
		{&w.stmts.commit, "COMMIT"},
		{&w.stmts.rollback, "ROLLBACK"},
		{&w.stmts.insertWhole, "INSERT INTO events (seq, id, type, at, received, source, camera, data, producer, sum, producer_id, renamed, site) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
		{&w.stmts.byID, "SELECT " + eventColumns + ", producer FROM events WHERE id = ?"},
		{&w.stmts.bySentID, "SELECT " + eventColumns + ", producer FROM events WHERE producer = ? AND producer_id = ? AND renamed"},
		{&w.stmts.setCursor, `UPDATE endpoints SET cursor = max(cursor, ?), failing_since = ?,
			delivered = delivered + ?, failed = failed + ?, expired = expired + ?, expired_retries = expired_retries + ?, suppressed = suppressed + ?, hours = coalesce(?, hours)
			WHERE n = ? AND removed IS NULL`},
		{&w.stmts.putPending, "INSERT OR REPLACE INTO pending (endpoint, seq, tries, due, replay) VALUES (?, ?, ?, ?, ?)"},
		{&w.stmts.delPending, "DELETE FROM pending WHERE endpoint = ? AND seq = ?"},
		{&w.stmts.putAttempts, "INSERT INTO attempts (endpoint, at, seq_min, seq_max, failed, entries) VALUES (?, ?, ?, ?, ?, ?)"},
	}
	const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	for i, rows := range insertRows {
		list = append(list, statement{&w.stmts.insert[i], insertEvents + strings.Repeat(row+", ", rows-1) + row})
	}
	w.args = make([]any, 0, insertRows[0]*columns)
	for _, s := range list {
		var err error
		if *s.to, err = w.conn.PrepareContext(ctx, s.sql); err != nil {
			return fmt.Errorf("prepare %.30q: %w", s.sql, err)
		}
		w.stmts.opened = append(w.stmts.opened, *s.to)
	}
	return nil
}

// close closes the connection. Nobody else closes the statements, since they
// belong to a single connection, and while one is open SQLite keeps the file
// open: it would leave the newest events in a -wal file beside it.
func (w *writer) close() error {
	var errs []error
	for _, stmt := range w.stmts.opened {
		errs = append(errs, stmt.Close())
	}
	w.stmts = statements{}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
		w.conn = nil
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	if w.turn != nil {
		errs = append(errs, w.turn.file.Close())
		w.turn = nil
	}
	return errors.Join(errs...)
}

// errClosed says that the store is closed.
var errClosed = errors.New("the store is closed")

// commit runs do in one transaction and makes it durable. The caller holds
// mu. When do or the commit fails, nothing is kept.
func (w *writer) commit(ctx context.Context, do func() error) error {
	if w.conn == nil {
		return errClosed
	}
	if err := w.troubles.get(TroubleReplaced); err != nil {
		w.salvage()
		return err
	}
	defer w.salvage()
	// Work that has begun is carried through or undone whole: a caller that
	// goes away must not interrupt SQLite halfway.
	ctx = context.WithoutCancel(ctx)
	defer w.turn.take()()
	began := time.Now()
	if _, err := w.stmts.begin.ExecContext(ctx); err != nil {
		w.counters.failures.Add(1)
		err = diskError(err)
		w.ranFull(err)
		return err
	}
	err := do()
	if err == nil {
		err = w.checkFiles(eventFiles)
	}
	if err == nil && w.committing != nil {
		err = w.committing()
	}
	if err == nil {
		syncing := time.Now()
		if w.slowSync != nil {
			w.slowSync()
		}
		if _, err = w.stmts.commit.ExecContext(ctx); err == nil {
			took := time.Since(began)
			w.took.Store(int64(took))
			w.counters.syncs.Observe(int64(time.Since(syncing)))
			w.counters.commits.Observe(int64(took))
			// A file that went meanwhile has taken the commit along.
			err = w.checkFiles(eventFiles)
			if err == nil {
				w.checkpoint(ctx)
			}
			return err
		}
	}
	if isSQLite(err) && !isUnique(err) || errors.Is(err, ErrReplaced) { // that one is looked into and tried again
		w.counters.failures.Add(1)
	} // else do has refused, and nothing is wrong
	// SQLite has already rolled back after some errors; then this one is
	// refused, which is no news.
	_, _ = w.stmts.rollback.ExecContext(ctx)
	err = diskError(err)
	w.ranFull(err)
	return err
}

// lastCommit returns how long the newest commit took.
func (w *writer) lastCommit() time.Duration { return time.Duration(w.took.Load()) }

// exec runs one change in a commit of its own.
func (s *Store) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	var result sql.Result
	err := s.write.commit(ctx, func() (err error) {
		result, err = s.write.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
		return err
	})
	return result, err
}

// failureHolds is how long a refused append makes Probe fail: what a probe
// writes is small and may fit where events don't.
const failureHolds = 10 * time.Second

// Refusing reports whether events are refused, as on a full disk:
// then nobody can be heard.
func (s *Store) Refusing() bool {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	return s.write.failed != nil || s.write.reserve.short
}

// Probe shows that the store can be written, by writing to it.
func (s *Store) Probe(ctx context.Context) error {
	s.write.mu.Lock()
	failed, at := s.write.failed, s.write.failedAt
	full := !s.write.regain()
	s.write.mu.Unlock()
	if err := s.write.troubles.get(TroubleReplaced); err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	if full && failed == nil {
		failed, at = ErrFull, s.opts.Now()
	}
	if failed != nil && s.opts.Now().Sub(at) < failureHolds {
		return fmt.Errorf("probe store: %w", failed)
	}
	_, err := s.exec(ctx, "INSERT INTO meta VALUES ('probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value", s.opts.Now().Unix())
	if err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	s.write.troubles.clear(TroubleUnwritable)
	return nil
}
