package cameras

import (
	"context"
	"fmt"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Trouble is a camera that fell silent or reported that it is offline, and its
// announcements.
type Trouble struct {
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

const troubleColumns = "camera, reported, since, heard, opened, opened_at, announced, closed, closed_at"

// Troubles returns the cameras that are in trouble, by name.
func (s *Store) Troubles(ctx context.Context) ([]Trouble, error) {
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT "+troubleColumns+" FROM camera_troubles ORDER BY camera")
	if err != nil {
		return nil, fmt.Errorf("read the cameras' troubles: %w", err)
	}
	troubles, err := database.Collect(rows, func(row database.Row) (t Trouble, err error) {
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

// ChangeTroubles saves new and changed troubles, and removes those of the named
// cameras, in one commit.
func (s *Store) ChangeTroubles(ctx context.Context, put []Trouble, remove []string) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		for _, t := range put {
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO camera_troubles ("+troubleColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
				t.Camera, t.Reported, t.Since.UnixMicro(), t.Heard, t.Opened, t.OpenedAt.UnixMicro(), t.Announced,
				t.Closed, t.ClosedAt.UnixMicro()); err != nil {
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
