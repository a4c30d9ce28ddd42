package database

import (
	"context"
	"fmt"
)

// VacuumStepPages is how many pages one step gives back to the disk.
const VacuumStepPages = 256

// pages returns the bytes in use, and the file's pages in all and free.
func (db *DB) pages(ctx context.Context) (used, total, free int64, err error) {
	var size int64
	err = db.reader.QueryRowContext(ctx,
		"SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size").Scan(&total, &free, &size)
	return (total - free) * size, total, free, err
}

// Size returns how many bytes of the file are in use.
func (db *DB) Size(ctx context.Context) (int64, error) {
	used, _, _, err := db.pages(ctx)
	if err != nil {
		return 0, fmt.Errorf("measure store: %w", err)
	}
	return used, nil
}

// Shrink returns free pages to the disk, a few at a time, once they are more than a
// tenth of the file; fewer are soon used again. It reports whether the file is
// smaller now.
func (db *DB) Shrink(ctx context.Context) (shrunk bool, err error) {
	_, total, free, err := db.pages(ctx)
	if err != nil {
		return false, err
	}
	if free < 4*VacuumStepPages || free < total/10 {
		return false, nil
	}
	if _, err := db.Exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", VacuumStepPages)); err != nil {
		return false, err
	}
	// A file that was restored from a dump may not be able to shrink: going
	// on would never end.
	_, left, _, err := db.pages(ctx)
	return left < total, err
}
