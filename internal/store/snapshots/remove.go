package snapshots

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// RemoveOf removes, within a transaction, the rows of the events that the SQL
// condition where selects. The caller calls RemoveFiles with the result after the
// commit, when it has released the write lock.
func RemoveOf(ctx context.Context, tx *database.Tx, where string, args ...any) ([]Hash, error) {
	rows, err := tx.QueryContext(ctx, "DELETE FROM snapshots WHERE "+where+" RETURNING hash", args...)
	if err != nil {
		return nil, err
	}
	return database.Collect(rows, func(row database.Row) (Hash, error) {
		var b []byte
		if err := row.Scan(&b); err != nil {
			return Hash{}, err
		}
		return hashFrom(b)
	})
}

// RemoveOfEvents removes, within a transaction, the rows of events that leave the log,
// except for those that a legal hold keeps. See RemoveOf.
func RemoveOfEvents(ctx context.Context, tx *database.Tx, where string) ([]Hash, error) {
	return RemoveOf(ctx, tx, "("+where+") AND hold IS NULL")
}

// RemoveOfErased removes, within a transaction, the row of an event whose data is
// erased. See RemoveOf.
func RemoveOfErased(ctx context.Context, tx *database.Tx, e *event.Event) ([]Hash, error) {
	if e.Snapshot == nil {
		return nil, nil
	}
	if _, err := tx.ExecContext(ctx, "UPDATE events SET snapshot = 0 WHERE seq = ?", e.Seq); err != nil {
		return nil, err
	}
	return RemoveOf(ctx, tx, "seq = ?", e.Seq)
}

// RemoveFromEvents removes, within a transaction, the rows of events that stay in the
// log. See RemoveOf.
func RemoveFromEvents(ctx context.Context, tx *database.Tx, seqs []int64) ([]Hash, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	if _, err := tx.ExecContext(ctx, "UPDATE events SET snapshot = 0 WHERE seq IN (SELECT value FROM json_each(?))", list(seqs)); err != nil {
		return nil, err
	}
	return RemoveOf(ctx, tx, "seq IN (SELECT value FROM json_each(?))", list(seqs))
}

// Due returns up to limit events, those of the oldest snapshots first, whose snapshots
// arrived before a time or take more room than bytes together. Those that a legal hold
// keeps aren't among them and don't count.
func (s *Store) Due(ctx context.Context, before time.Time, bytes int64, limit int) ([]int64, error) {
	const oldest = " FROM snapshots WHERE hold IS NULL"
	excess := s.bytes.Load() - bytes
	if excess > 0 {
		var held int64
		if err := s.db.Reader().QueryRowContext(ctx, `SELECT coalesce(sum(room), 0) FROM (SELECT DISTINCT hash, (bytes + ?1 - 1) / ?1 * ?1 AS room
			FROM snapshots WHERE hold IS NOT NULL)`, blockBytes).Scan(&held); err != nil {
			return nil, err
		}
		excess -= held
	}
	if excess <= 0 {
		rows, err := s.db.Reader().QueryContext(ctx, "SELECT seq"+oldest+" AND received < ? ORDER BY received LIMIT ?", before.UnixMicro(), limit)
		if err != nil {
			return nil, err
		}
		return database.Collect(rows, database.ScanNumber)
	}
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT seq, bytes, received"+oldest+" ORDER BY received LIMIT ?", limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []int64
	for rows.Next() {
		var seq, size, received int64
		if err := rows.Scan(&seq, &size, &received); err != nil {
			return nil, err
		}
		if excess <= 0 && received >= before.UnixMicro() {
			break
		}
		// The file of two events goes with the second one; the next step finds out.
		due, excess = append(due, seq), excess-roomOf(size)
	}
	return due, rows.Err()
}

// RemoveFiles overwrites and removes those of the files that no row has. A file that
// can't be removed now is removed by the next start. The caller doesn't hold the
// write lock.
func (s *Store) RemoveFiles(ctx context.Context, hashes ...Hash) {
	for _, hash := range hashes {
		if err := s.removeFile(ctx, hash); err != nil {
			s.log.Error("a removed snapshot's file stays until the next start", slog.Any("error", database.PathCause(err)))
		}
	}
}

func (s *Store) removeFile(ctx context.Context, hash Hash) error {
	trash, err := s.takeAway(ctx, hash)
	if err != nil || trash == "" {
		return err
	}
	if err := wipe(trash); err != nil {
		return err
	}
	return errors.Join(database.SyncFolder(s.folder.sub(hash)), database.SyncFolder(filepath.Dir(trash)))
}

// takeAway takes the name from a file that no row has, and returns the name that it
// has then; empty where a row has it.
func (s *Store) takeAway(ctx context.Context, hash Hash) (trash string, err error) {
	s.files.Lock()
	defer s.files.Unlock()
	var used bool
	if err := s.db.Reader().QueryRowContext(context.WithoutCancel(ctx), "SELECT EXISTS (SELECT 1 FROM snapshots WHERE hash = ?)",
		hash[:]).Scan(&used); err != nil || used {
		return "", err
	}
	trash, size, err := s.folder.discard(hash)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("remove snapshot: %w", err)
	}
	if s.counted[hash[0]] {
		s.count.Add(-1)
		s.bytes.Add(-roomOf(size))
	}
	return trash, nil
}
