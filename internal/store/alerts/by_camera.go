package alerts

import (
	"context"
	"fmt"

	"postern/internal/event"
	"postern/internal/store/database"
)

// OpenByCamera counts the open alerts of each camera that has some, by id. It looks
// at Span alerts at most.
func (s *Store) OpenByCamera(ctx context.Context) (map[string]int64, error) {
	closed, err := Watermark(ctx, s.db.Reader())
	if err != nil {
		return nil, fmt.Errorf("count open alerts by camera: %w", err)
	}
	from, _, err := bound(ctx, s.db.Reader(), event.Filter{}, max(closed+1, s.log.First()), s.log.Head())
	if err != nil {
		return nil, fmt.Errorf("count open alerts by camera: %w", err)
	}
	walks, args := walks("camera", event.Filter{}, from, s.log.Head(), stateCondition[Open])
	counts := make(map[string]int64)
	_, err = database.QueryAll(ctx, s.db.Reader(), func(row database.Row) (camera string, err error) {
		var n int64
		err = row.Scan(&camera, &n)
		counts[camera] = n
		return camera, err
	}, "SELECT camera, count(*) FROM ("+walks+") WHERE camera IS NOT NULL GROUP BY camera", args...)
	if err != nil {
		return nil, fmt.Errorf("count open alerts by camera: %w", err)
	}
	return counts, nil
}
