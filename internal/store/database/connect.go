package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// readers is how many connections read.
const readers = 4

// openWriter opens the connection that writes, on a schema that is up to date.
func (db *DB) openWriter(ctx context.Context) error {
	if err := db.prepareFile(); err != nil {
		return err
	}
	w := &db.writer
	var err error
	if w.db, err = sql.Open("sqlite", db.writerDSN()); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	w.db.SetMaxOpenConns(1)
	if err := db.updateSchema(ctx); err != nil {
		return fmt.Errorf("open store %s: %w", db.path, err)
	}
	if err := db.connectWriter(ctx); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return nil
}

// prepareFile makes the file if need be, and refuses one that would lose events.
func (db *DB) prepareFile() error {
	if err := orphanedWAL(db.path); err != nil {
		return err
	}
	return createPrivate(db.path)
}

// writerDSN has the settings of the connection that writes.
func (db *DB) writerDSN() string {
	params := []string{"mode=rwc", "_txlock=immediate",
		"_pragma=busy_timeout(5000)",
		// auto_vacuum must come before the first table: it lets retention
		// give room back to the disk in small steps.
		"_pragma=auto_vacuum(INCREMENTAL)"}
	return DSN(db.path, append(params,
		// Removed content is personal, or secret: it doesn't stay in the file.
		"_pragma=secure_delete(ON)",
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)",
		"_pragma=wal_autocheckpoint(0)", // the writer's checkpoint does it
		"_pragma=cache_size(-16384)",
		"_pragma=journal_size_limit(67108864)")...)
}

// updateSchema runs the migrations that are due.
func (db *DB) updateSchema(ctx context.Context) error {
	steps, err := Migrations()
	if err != nil {
		return err
	}
	return Migrate(ctx, db.writer.db, steps)
}

// connectWriter takes the connection that writes, and prepares its statements.
func (db *DB) connectWriter(ctx context.Context) (err error) {
	w := &db.writer
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	if db.files, err = watchFiles(db.path); err != nil {
		return err
	}
	// SQLite copies the pages that a statement of many rows changes, so as to
	// undo it alone; those needn't go through a file. A migration may
	// sort as much data as the store has, and needs a file: hence only now.
	if _, err := w.conn.ExecContext(ctx, "PRAGMA temp_store = MEMORY"); err != nil {
		return err
	}
	for to, query := range map[**sql.Stmt]string{&w.begin: "BEGIN IMMEDIATE", &w.commit: "COMMIT", &w.rollback: "ROLLBACK"} {
		if *to, err = w.prepare(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// openReaders opens the connections that read, all of them at once: one that was
// opened later would find another file, should this one be replaced.
func (db *DB) openReaders(ctx context.Context) (err error) {
	db.reader, err = sql.Open("sqlite", DSN(db.path,
		"_pragma=query_only(1)",
		"_pragma=busy_timeout(5000)",
		"_pragma=cache_size(-8192)"))
	if err != nil {
		return err
	}
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers)
	conns := make([]*sql.Conn, 0, readers)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for range readers {
		c, err := db.reader.Conn(ctx)
		if err != nil {
			return err
		}
		conns = append(conns, c)
	}
	return nil
}

// Reader returns the pool of connections that read.
func (db *DB) Reader() *sql.DB { return db.reader }

// createPrivate makes the file readable by its owner alone before SQLite
// would make it with wider rights; its -wal and -shm files inherit them.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open store %s: %w", path, PathCause(err))
	}
	// One that was there may be open to others.
	return errors.Join(f.Chmod(0o600), f.Close())
}

// DSN names a file as a URI, so that any character may stand in its path.
func DSN(path string, params ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	for i, p := range params {
		if i > 0 {
			u.RawQuery += "&"
		}
		u.RawQuery += p
	}
	return u.String()
}
