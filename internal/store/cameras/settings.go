package cameras

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postern/internal/problem"
	"postern/internal/store/counters"
	"postern/internal/store/database"
)

// maxSettings is how many cameras may have settings: as many as are counted
// apart.
const maxSettings = counters.MaxCameras

// ErrTooMany says that as many cameras have settings as may have some.
var ErrTooMany = problem.New(problem.Conflict,
	"As many cameras have a setting as may have one. Remove those of a camera that is gone: set them to null.")

// Settings are what an operator set of a camera. The zero value is that of a
// camera without settings.
type Settings struct {
	// Name, Site and Group are for people: what the camera is called, the place it
	// is at, and what it belongs to there.
	Name, Site, Group string
	// ExpectedInterval is how often the camera is expected to send an event, in
	// whole seconds; zero if its usual pause tells.
	ExpectedInterval time.Duration
	// SilentAfter is for how long the camera may be silent, in whole seconds: zero
	// for any time, nil if its interval or usual pause decides.
	SilentAfter *time.Duration
}

// None reports whether nothing is set.
func (s Settings) None() bool {
	return s.Name == "" && s.Site == "" && s.Group == "" && s.ExpectedInterval == 0 && s.SilentAfter == nil
}

// Equal reports whether both have the same values.
func (s Settings) Equal(other Settings) bool {
	a, b := s.SilentAfter, other.SilentAfter
	s.SilentAfter, other.SilentAfter = nil, nil
	return s == other && (a == b || a != nil && b != nil && *a == *b)
}

// Settings returns the settings of the cameras that have some, by id.
func (s *Store) Settings(ctx context.Context) (map[string]Settings, error) {
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT camera, name, site, camera_group, expected_interval, silent_after FROM camera_settings")
	if err != nil {
		return nil, fmt.Errorf("read the cameras' settings: %w", err)
	}
	settings := make(map[string]Settings)
	_, err = database.Collect(rows, func(row database.Row) (id string, err error) {
		var one Settings
		var expected, silent sql.NullInt64
		err = row.Scan(&id, &one.Name, &one.Site, &one.Group, &expected, &silent)
		one.ExpectedInterval = time.Duration(expected.Int64) * time.Second
		if silent.Valid {
			after := time.Duration(silent.Int64) * time.Second
			one.SilentAfter = &after
		}
		settings[id] = one
		return id, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the cameras' settings: %w", err)
	}
	return settings, nil
}

// Set saves a camera's settings, or removes them if nothing is set. It returns
// ErrTooMany if maxSettings cameras have some.
func (s *Store) Set(ctx context.Context, id string, to Settings) error {
	if to.None() {
		if _, err := s.db.Exec(ctx, "DELETE FROM camera_settings WHERE camera = ?", id); err != nil {
			return fmt.Errorf("set a camera: %w", err)
		}
		return nil
	}
	expected := sql.NullInt64{Int64: int64(to.ExpectedInterval / time.Second), Valid: to.ExpectedInterval > 0}
	var silent sql.NullInt64
	if to.SilentAfter != nil {
		silent = sql.NullInt64{Int64: int64(*to.SilentAfter / time.Second), Valid: true}
	}
	result, err := s.db.Exec(ctx, `INSERT INTO camera_settings (camera, name, site, camera_group, expected_interval, silent_after)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6
		WHERE (SELECT count(*) FROM camera_settings) < ?7 OR EXISTS (SELECT 1 FROM camera_settings WHERE camera = ?1)
		ON CONFLICT DO UPDATE SET name = excluded.name, site = excluded.site, camera_group = excluded.camera_group,
			expected_interval = excluded.expected_interval, silent_after = excluded.silent_after`,
		id, to.Name, to.Site, to.Group, expected, silent, maxSettings)
	if err == nil {
		var kept int64
		if kept, err = result.RowsAffected(); err == nil && kept == 0 {
			err = ErrTooMany
		}
	}
	if err != nil {
		return fmt.Errorf("set a camera: %w", err)
	}
	return nil
}
