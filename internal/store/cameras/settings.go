package cameras

import (
	"context"
	"fmt"
	"time"

	"postern/internal/problem"
	"postern/internal/store/counters"
)

// maxSettings is how many cameras may have a setting: as many as are counted
// apart.
const maxSettings = counters.MaxCameras

// ErrTooMany says that as many cameras have a setting as may have one.
var ErrTooMany = problem.New(problem.Conflict,
	"As many cameras have a setting as may have one. Remove that of a camera that is gone: set it to null.")

// Settings returns for how long each camera with an operator's setting may be
// silent; zero means that it is never judged.
func (s *Store) Settings(ctx context.Context) (map[string]time.Duration, error) {
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT camera, silent_after FROM camera_settings")
	if err != nil {
		return nil, fmt.Errorf("read the cameras' settings: %w", err)
	}
	defer rows.Close()
	settings := make(map[string]time.Duration)
	for rows.Next() {
		var name string
		var seconds int64
		if err := rows.Scan(&name, &seconds); err != nil {
			return nil, fmt.Errorf("read the cameras' settings: %w", err)
		}
		settings[name] = time.Duration(seconds) * time.Second
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the cameras' settings: %w", err)
	}
	return settings, nil
}

// Set saves for how long a camera may be silent, in whole seconds. Nil removes
// the setting, zero means that the camera is never judged. It returns
// ErrTooMany if maxSettings cameras have a setting.
func (s *Store) Set(ctx context.Context, name string, silentAfter *time.Duration) error {
	var err error
	if silentAfter == nil {
		_, err = s.db.Exec(ctx, "DELETE FROM camera_settings WHERE camera = ?", name)
	} else {
		result, failed := s.db.Exec(ctx, `INSERT INTO camera_settings (camera, silent_after)
			SELECT ?1, ?2 WHERE (SELECT count(*) FROM camera_settings) < ?3 OR EXISTS (SELECT 1 FROM camera_settings WHERE camera = ?1)
			ON CONFLICT DO UPDATE SET silent_after = excluded.silent_after`, name, int64(*silentAfter/time.Second), maxSettings)
		if err = failed; err == nil {
			var kept int64
			if kept, err = result.RowsAffected(); err == nil && kept == 0 {
				err = ErrTooMany
			}
		}
	}
	if err != nil {
		return fmt.Errorf("set a camera: %w", err)
	}
	return nil
}
