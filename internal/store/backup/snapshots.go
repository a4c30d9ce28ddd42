package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"postern/internal/store/database"
	"postern/internal/store/snapshots"
)

// snapshotsSuffix ends the name of the folder of snapshots beside a backup.
const snapshotsSuffix = ".snapshots"

// SnapshotsOf returns the folder of the snapshots of a backup, or of a data folder's
// database.
func SnapshotsOf(file string) snapshots.Folder {
	if filepath.Base(file) == database.FileName {
		return snapshots.FolderIn(filepath.Dir(file))
	}
	return snapshots.Folder(file + snapshotsSuffix)
}

// snapshotsStep is how many rows are read at once.
const snapshotsStep = 500

// copySnapshots copies the files that the rows of a copied database name. A file that
// isn't there belongs to a snapshot that was removed meanwhile, as the source says, and
// the copy then says so too; without a source it is lost. So is a file that was changed.
// Copying again goes on where it was interrupted.
func copySnapshots(ctx context.Context, copied string, from, to snapshots.Folder, source string, report *Copied) (err error) {
	if _, missing := os.Lstat(string(to)); missing != nil {
		defer func() {
			if err != nil {
				_ = os.RemoveAll(string(to)) // nothing was there before
			}
		}()
	}
	db, err := sql.Open("sqlite", database.DSN(copied, "mode=rw"))
	if err != nil {
		return err
	}
	defer db.Close()
	known := make(map[snapshots.Hash]bool, snapshotsStep) // of the rows before, which are often the same image
	for after := int64(0); ; {
		rows, err := snapshots.After(ctx, db, after, snapshotsStep)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.Seq
			if known[row.Hash] {
				continue
			}
			whole, err := from.Copy(row.Hash, to)
			if err != nil {
				return fmt.Errorf("copy the snapshots: %w", database.PathCause(err))
			}
			if whole {
				known[row.Hash] = true
				report.Snapshots++
				continue
			}
			removed, err := removedSince(ctx, source, row.Seq)
			if err == nil && removed {
				err = forgetSnapshot(ctx, db, row.Seq)
			}
			if err != nil {
				return fmt.Errorf("copy the snapshots: %w", err)
			}
			if !removed {
				report.LostSnapshots++
			}
		}
		if len(known) > 100*snapshotsStep {
			clear(known)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// removedSince reports whether the database of a data folder has no snapshot for an
// event any more. An empty one says nothing.
func removedSince(ctx context.Context, source string, seq int64) (removed bool, err error) {
	if source == "" {
		return false, nil
	}
	db, err := sql.Open("sqlite", database.DSN(source, "mode=rw", "_pragma=query_only(1)", "_pragma=busy_timeout(5000)"))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	there, err := snapshots.Has(ctx, db, seq)
	return !there, err
}

// forgetSnapshot removes a row from a copy, as the source has.
func forgetSnapshot(ctx context.Context, db *sql.DB, seq int64) error {
	for _, statement := range []string{
		"DELETE FROM snapshots WHERE seq = ?",
		"UPDATE events SET snapshot = 0 WHERE seq = ?",
		"UPDATE held_events SET snapshot = 0 WHERE seq = ?",
	} {
		if _, err := db.ExecContext(ctx, statement, seq); err != nil {
			return err
		}
	}
	return nil
}
