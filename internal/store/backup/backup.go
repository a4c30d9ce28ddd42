package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"

	"postern/internal/sqlitefile"
	"postern/internal/store/database"
	"postern/internal/store/salvage"
	"postern/internal/store/snapshots"
	"postern/internal/store/verify"
)

// backupPages is how many pages are copied between two looks at ctx: 16 MiB.
const backupPages = 4096

// Copied says what a backup or a restored store holds.
type Copied struct {
	Head   int64 // the newest event's sequence number; zero where there is none
	Events int64
	Bytes  int64
	// Earlier says that it is of an earlier version, which the next start
	// brings up to date.
	Earlier bool
	// Unreadable is how many events were changed on the disk, or are missing,
	// and Numbers are the first of them.
	Unreadable int64
	Numbers    []int64
	// Snapshots is how many files of snapshots were copied, and LostSnapshots how many
	// events have one that is missing or was changed on the disk.
	Snapshots, LostSnapshots int64
	// Salvaged is what a restore has found of a broken file, and what not; nil
	// where the file is whole.
	Salvaged *salvage.Report

	version int // of its schema
}

// errBroken says that SQLite can't read a file, or not all of it.
var errBroken = errors.New("it is damaged")

// Take copies the store in dir, as it is when it begins, into a new file
// that its owner alone can read. Another process may serve the folder: it
// waits for nothing, and its write-ahead log grows until the copy is done. The
// copy has no key (see secretbox.LoadKey). It is whole, checked and on disk, or not
// there. The files of snapshots are copied into a folder beside it (SnapshotsOf).
func Take(ctx context.Context, dir, file string) (Copied, error) {
	if err := database.OwnFolder(dir); err != nil {
		return Copied{}, err
	}
	source := filepath.Join(dir, database.FileName)
	if _, err := os.Stat(source); err != nil {
		return Copied{}, fmt.Errorf("back up: there is no store in %s; name the data folder with --data", dir)
	}
	if _, err := os.Lstat(file); err == nil {
		return Copied{}, fmt.Errorf("back up: %s is there already; choose another name, or move it away", file)
	}
	images := SnapshotsOf(file)
	if _, err := os.Lstat(string(images)); err == nil {
		return Copied{}, fmt.Errorf("back up: %s is there already; choose another name, or move it away", images)
	}
	return intoPlace(file, func(part string) (Copied, error) {
		if err := copyDatabase(ctx, source, part); err != nil {
			return Copied{}, fmt.Errorf("back up %s: %w", source, err)
		}
		copied, err := checkCopy(ctx, part)
		if err == nil && !copied.Earlier {
			err = copySnapshots(ctx, part, snapshots.FolderIn(dir), images, source, &copied)
		}
		if errors.Is(err, errBroken) {
			err = fmt.Errorf("back up %s: %w; stop Postern, and restore what can be read into a new folder: postern restore %s --data NEW",
				source, err, source)
		}
		return copied, err
	})
}

// Restore makes a data folder from a backup, or from the store of a data folder
// that no process serves, of which it reads the write-ahead log as well. It never
// writes over a store, and never changes the file. Where that is broken it
// makes a store of everything that can be read: see salvage.Report. The files of snapshots
// are copied from the folder beside it; it goes on without those that are lost. progress is called
// meanwhile. The folder needs the key of the one that was backed up, before or
// after.
func Restore(ctx context.Context, file, dir string, progress func(done, of int64)) (Copied, error) {
	if err := database.OwnFolder(dir); err != nil {
		return Copied{}, err
	}
	if err := database.MakeFolders(dir); err != nil {
		return Copied{}, fmt.Errorf("make data folder: %w", err)
	}
	lock, err := database.LockFolder(dir) // no process begins to serve it meanwhile
	if err != nil {
		return Copied{}, err
	}
	defer lock.Close()
	path := filepath.Join(dir, database.FileName)
	// A write-ahead log that was left behind would be taken for this one's.
	for _, end := range database.FileSuffixes {
		if _, err := os.Lstat(path + end); err == nil {
			return Copied{}, fmt.Errorf("restore: %s is there already; choose another folder with --data, or move away what is in this one",
				path+end)
		}
	}
	source, err := lockSource(file)
	if err != nil {
		return Copied{}, fmt.Errorf("restore: %w", err)
	}
	defer source.Close() //nolint:errcheck // it was only read
	return intoPlace(path, func(part string) (copied Copied, err error) {
		if err = copyWhole(ctx, file, part); err == nil {
			copied, err = checkCopy(ctx, part)
		}
		if broken := err; errors.Is(err, errBroken) && ctx.Err() == nil {
			var salvaged *salvage.Report
			if err = emptyPart(part); err == nil {
				salvaged, err = salvage.Run(ctx, file, part, broken, progress)
			}
			if err == nil {
				copied, err = checkCopy(ctx, part)
				copied.Salvaged = salvaged
			}
		}
		if err == nil {
			err = checkRestorable(copied.version)
		}
		if err == nil && !copied.Earlier {
			err = copySnapshots(ctx, part, SnapshotsOf(file), snapshots.FolderIn(dir), "", &copied)
		}
		if err != nil {
			return copied, fmt.Errorf("restore %s: %w", file, err)
		}
		return copied, nil
	})
}

// lockSource refuses to read a store that a process serves, since it changes
// meanwhile. It returns nil where there is nothing to lock.
func lockSource(file string) (*os.File, error) {
	if filepath.Base(file) != database.FileName {
		return nil, nil //nolint:nilnil // a backup
	}
	lock, err := database.LockShared(filepath.Dir(file))
	if errors.Is(err, database.ErrLocked) {
		return nil, fmt.Errorf("%s is a store that is in use; take a backup of it with postern backup, or stop the Postern that serves it", file)
	}
	return lock, err
}

// copyWhole copies a database with its write-ahead log into one file. Its error
// wraps errBroken where the disk or SQLite can't read them.
func copyWhole(ctx context.Context, from, to string) error {
	if err := copyFile(from, to); err != nil {
		return err
	}
	info, err := os.Stat(from + database.WALSuffix)
	if err != nil || info.Size() == 0 {
		return nil
	}
	whole, err := sqlitefile.WALWhole(from)
	if err != nil {
		return database.PathCause(err)
	}
	if !whole {
		return fmt.Errorf("%w: its write-ahead log is broken, or a power cut has interrupted the newest commit", errBroken)
	}
	f, err := openPart(to + database.WALSuffix)
	if err != nil {
		return database.PathCause(err)
	}
	if err := errors.Join(f.Close(), copyFile(from+database.WALSuffix, to+database.WALSuffix)); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", database.DSN(to, "mode=rw"))
	if err != nil {
		return err
	}
	defer db.Close()
	busy, _, _, err := database.WALCheckpoint(ctx, db, "TRUNCATE")
	if database.RefusedByDisk(err) || ctx.Err() != nil {
		return err
	}
	if err != nil || busy {
		return errors.Join(fmt.Errorf("%w: its write-ahead log can't be read", errBroken), err)
	}
	return nil
}

// copyDatabase copies a database that others may be writing to, as it is now.
func copyDatabase(ctx context.Context, source, to string) error {
	db, err := sql.Open("sqlite", database.DSN(source, "mode=rw", "_pragma=query_only(1)", "_pragma=busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// One reading transaction around all steps: without it a step after
	// another commit would start over, and never end under load.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	var tables int64 // the transaction begins with the first read
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	return conn.Raw(func(driver any) error {
		backup, err := driver.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		}).NewBackup(database.DSN(to, "mode=rw"))
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			if err = ctx.Err(); err == nil {
				more, err = backup.Step(backupPages)
			}
		}
		return errors.Join(err, backup.Finish())
	})
}

// copyFile copies a file byte for byte.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return database.PathCause(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return database.PathCause(err)
	}
	_, err = io.Copy(out, in)
	if errors.Is(err, syscall.EIO) {
		err = fmt.Errorf("%w: %w", errBroken, database.PathCause(err))
	}
	return errors.Join(err, out.Close())
}

// checkRestorable refuses a version whose folder this program can't open.
func checkRestorable(version int) error {
	steps, err := database.Migrations()
	if err != nil {
		return err
	}
	return database.CheckVersion(version, steps)
}

// checkCopy makes sure that a file is a store that this version can open,
// and that it is whole.
func checkCopy(ctx context.Context, path string) (c Copied, err error) {
	steps, err := database.Migrations()
	if err != nil {
		return c, err
	}
	db, err := sql.Open("sqlite", database.DSN(path, "mode=rw"))
	if err != nil {
		return c, err
	}
	defer db.Close()
	var version int
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version == 0 {
		return c, errors.Join(fmt.Errorf("%w, or no store of Postern", errBroken), err)
	}
	if version > database.NewestVersion(steps) {
		return c, fmt.Errorf("%w: use that version's program", database.ErrNewer)
	}
	c.version, c.Earlier = version, version < database.NewestVersion(steps)
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil || verdict != "ok" {
		return c, errors.Join(fmt.Errorf("%w: %s", errBroken, verdict), err)
	}
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0), count(*) FROM events").Scan(&c.Head, &c.Events); err != nil {
		return c, fmt.Errorf("it is no store of Postern: %w", err)
	}
	if !c.Earlier {
		var v verify.Report
		if err := verify.Check(ctx, db, 0, &v); err != nil {
			return c, fmt.Errorf("verify the copy: %w", err)
		}
		c.Unreadable, c.Numbers = v.Unreadable(), v.Numbers
	}
	info, err := os.Stat(path)
	if err != nil {
		return c, err
	}
	c.Bytes = info.Size()
	return c, nil
}
