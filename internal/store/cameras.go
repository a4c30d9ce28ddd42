package store

import (
	"context"
	"fmt"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/counters"
	"postern/internal/store/database"
)

// maxCameraSettings is how many cameras may have a setting: as many as are counted
// apart.
const maxCameraSettings = counters.MaxCameras

// ErrTooManyCameras says that as many cameras have a setting as may have one.
var ErrTooManyCameras = problem.New(problem.Conflict, "As many cameras have a setting as may have one. Remove that of a camera that is gone: set it to null.")

// CameraSettings returns for how long each camera with an operator's setting may be
// silent; zero means that it is never judged.
func (s *Store) CameraSettings(ctx context.Context) (map[string]time.Duration, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT camera, silent_after FROM camera_settings")
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

// SetCamera saves for how long a camera may be silent, in whole seconds. Nil removes
// the setting, zero means that the camera is never judged. It returns
// ErrTooManyCameras if maxCameraSettings cameras have a setting.
func (s *Store) SetCamera(ctx context.Context, name string, silentAfter *time.Duration) error {
	var err error
	if silentAfter == nil {
		_, err = s.DB.Exec(ctx, "DELETE FROM camera_settings WHERE camera = ?", name)
	} else {
		result, failed := s.DB.Exec(ctx, `INSERT INTO camera_settings (camera, silent_after)
			SELECT ?1, ?2 WHERE (SELECT count(*) FROM camera_settings) < ?3 OR EXISTS (SELECT 1 FROM camera_settings WHERE camera = ?1)
			ON CONFLICT DO UPDATE SET silent_after = excluded.silent_after`, name, int64(*silentAfter/time.Second), maxCameraSettings)
		if err = failed; err == nil {
			var kept int64
			if kept, err = result.RowsAffected(); err == nil && kept == 0 {
				err = ErrTooManyCameras
			}
		}
	}
	if err != nil {
		return fmt.Errorf("set a camera: %w", err)
	}
	return nil
}

// CameraTrouble is a camera that fell silent or reported that it is offline, and its
// announcements.
type CameraTrouble struct {
	Camera string
	// Reported says that the camera itself reported it. Since is when it did, or
	// when the camera was last seen.
	Reported bool
	Since    time.Time
	// Heard is the sequence number of its newest normal event before; zero for
	// none. A later one ends the trouble.
	Heard int64
	// Opened is the id of the announcement that the camera fell silent, empty if
	// Reported. OpenedAt is that announcement's time.
	Opened   string
	OpenedAt time.Time
	// Announced says that the opening announcement is in the log.
	Announced bool
	// Closed is the id of the announcement that ends the trouble, empty while it
	// lasts. ClosedAt is that announcement's time. Once the announcement is in
	// the log, the trouble is removed.
	Closed   string
	ClosedAt time.Time
}

// CameraTroubles returns the cameras that are in trouble, by name.
func (s *Store) CameraTroubles(ctx context.Context) ([]CameraTrouble, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT camera, reported, since, heard, opened, opened_at, announced, closed, closed_at FROM camera_troubles ORDER BY camera")
	if err != nil {
		return nil, fmt.Errorf("read the cameras' troubles: %w", err)
	}
	troubles, err := database.Collect(rows, func(row database.Row) (t CameraTrouble, err error) {
		var since, opened, closed int64
		err = row.Scan(&t.Camera, &t.Reported, &since, &t.Heard, &t.Opened, &opened, &t.Announced, &t.Closed, &closed)
		t.Since, t.OpenedAt, t.ClosedAt = event.FromMicro(since), event.FromMicro(opened), event.FromMicro(closed)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the cameras' troubles: %w", err)
	}
	return troubles, nil
}

// ChangeCameraTroubles saves new and changed troubles, and removes those of the named
// cameras, in one commit.
func (s *Store) ChangeCameraTroubles(ctx context.Context, put []CameraTrouble, remove []string) error {
	err := s.DB.Write(ctx, func(tx *database.Tx) error {
		for _, t := range put {
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO camera_troubles (camera, reported, since, heard, opened, opened_at, announced, closed, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
				t.Camera, t.Reported, t.Since.UnixMicro(), t.Heard, t.Opened, t.OpenedAt.UnixMicro(), t.Announced, t.Closed, t.ClosedAt.UnixMicro()); err != nil {
				return err
			}
		}
		for _, name := range remove {
			if _, err := tx.ExecContext(ctx, "DELETE FROM camera_troubles WHERE camera = ?", name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep the cameras' troubles: %w", err)
	}
	return nil
}
