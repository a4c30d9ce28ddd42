package snapshots

import (
	"context"
	"fmt"
	"log/slog"

	"postern/internal/store/database"
)

// Settle compares the folder with the table, once after a start: it removes files
// without a row, which a crash has left, and reports rows without a file. Until it
// has, Stats knows no size, and an erasure isn't complete.
func (s *Store) Settle(ctx context.Context) error {
	if s.settled.Load() {
		return nil
	}
	s.settling.Lock()
	defer s.settling.Unlock()
	if s.settled.Load() {
		return nil
	}
	left, err := s.folder.leftovers(s.run)
	if err != nil {
		return fmt.Errorf("look through the snapshots: %w", err)
	}
	for _, path := range left {
		if err := wipe(path); err != nil {
			return fmt.Errorf("remove an incomplete snapshot: %w", database.PathCause(err))
		}
	}
	var lost int64
	for first := range 256 {
		n, err := s.settleFolder(ctx, byte(first))
		if err != nil {
			return fmt.Errorf("look through the snapshots: %w", err)
		}
		lost += n
	}
	if lost > 0 {
		s.damaged.Add(lost)
		s.log.Error("snapshots are missing on the disk", slog.Int64("snapshots", lost))
	}
	s.settled.Store(true)
	return nil
}

// settleFolder is Settle for the files whose hash begins with a byte. It returns how
// many rows lack their file.
func (s *Store) settleFolder(ctx context.Context, first byte) (lost int64, err error) {
	files, wanted, err := s.look(ctx, first)
	if err != nil {
		return 0, err
	}
	for hash := range files {
		if _, ok := wanted[hash]; !ok {
			s.RemoveFiles(ctx, hash)
		}
	}
	for hash, rows := range wanted {
		if _, ok := files[hash]; !ok {
			lost += rows
		}
	}
	return lost, ctx.Err()
}

// look returns the files of a subfolder, which it counts, and how many rows have each
// hash. No file is made meanwhile: a row is never committed between the two.
func (s *Store) look(ctx context.Context, first byte) (files map[Hash]int64, wanted map[Hash]int64, err error) {
	s.files.Lock()
	defer s.files.Unlock()
	if files, err = s.folder.names(first); err != nil {
		return nil, nil, err
	}
	from := Hash{first}
	to := Hash{first}
	for i := 1; i < len(to); i++ {
		to[i] = 0xff
	}
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT hash, count(*) FROM snapshots WHERE hash BETWEEN ? AND ? GROUP BY hash",
		from[:], to[:])
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	wanted = make(map[Hash]int64)
	for rows.Next() {
		var b []byte
		var n int64
		if err := rows.Scan(&b, &n); err != nil {
			return nil, nil, err
		}
		hash, err := hashFrom(b)
		if err != nil {
			return nil, nil, err
		}
		wanted[hash] = n
	}
	s.counted[first] = true
	for _, size := range files {
		s.count.Add(1)
		s.bytes.Add(roomOf(size))
	}
	return files, wanted, rows.Err()
}
