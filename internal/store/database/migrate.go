package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer says that the store was written by a later version of Postern.
var ErrNewer = errors.New("the store is from a newer version of Postern")

// ErrUnreleased says that the store was written before the first release.
var ErrUnreleased = errors.New("the store is from before the first release of Postern")

// Migration is a step of the schema. It leads to version from the version of
// the step before it; the first step leads there from an empty file.
type Migration struct {
	Version    int
	Statements string
}

// Migrations returns the steps in order. A step's file is named after the
// version that it leads to, as 0009_schema.sql.
func Migrations() ([]Migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	steps := make([]Migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("read the version of migration %s: %w", name, err)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		steps[i] = Migration{version, string(text)}
	}
	return steps, nil
}

// NewestVersion returns the version that migrations lead to.
func NewestVersion(steps []Migration) int { return steps[len(steps)-1].Version }

// StepsTo returns the steps that lead to a version.
func StepsTo(steps []Migration, version int) []Migration {
	for i, step := range steps {
		if step.Version > version {
			return steps[:i]
		}
	}
	return steps
}

// CheckVersion refuses a store that the migrations can't bring up to date.
// Version 0 is an empty file.
func CheckVersion(version int, steps []Migration) error {
	oldest, newest := steps[0].Version, NewestVersion(steps)
	switch {
	case version > newest:
		return fmt.Errorf("%w: its schema is version %d, and this program knows versions up to %d; "+
			"run the newer Postern, or restore an older data folder", ErrNewer, version, newest)
	case version > 0 && version < oldest:
		return fmt.Errorf("%w: its schema is version %d, and this program opens versions from %d on; "+
			"start with a new data folder", ErrUnreleased, version, oldest)
	}
	return nil
}

// Migrate brings the schema to the newest version. Each step has a commit of
// its own together with its version, so that a crash between two is harmless.
func Migrate(ctx context.Context, db *sql.DB, steps []Migration) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if err := CheckVersion(version, steps); err != nil {
		return err
	}
	for _, step := range steps {
		if step.Version <= version {
			continue
		}
		if err := step.apply(ctx, db); err != nil {
			return fmt.Errorf("migrate to version %d: %w", step.Version, err)
		}
	}
	return nil
}

// apply runs the step in a transaction.
func (m Migration) apply(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// A pragma takes no parameters.
	version := fmt.Sprintf("PRAGMA user_version = %d", m.Version)
	for _, statements := range []string{m.Statements, version} {
		if _, err := tx.ExecContext(ctx, statements); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}
