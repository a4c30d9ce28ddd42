package alerts

import (
	"context"
	"fmt"
	"math"

	"postern/internal/store/database"
)

// OpenByCamera counts the open alerts of each camera that has some, by id. Like
// Groups, it looks at the newest Span open alerts.
func (s *Store) OpenByCamera(ctx context.Context) (map[string]int64, error) {
	counts, err := s.openByCamera(ctx)
	if err != nil {
		return nil, fmt.Errorf("count open alerts by camera: %w", err)
	}
	return counts, nil
}

func (s *Store) openByCamera(ctx context.Context) (map[string]int64, error) {
	from, _, err := oldest(ctx, s.db.Reader(), math.MaxInt64)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int64)
	_, err = database.QueryAll(ctx, s.db.Reader(), func(row database.Row) (camera string, err error) {
		var n int64
		err = row.Scan(&camera, &n)
		counts[camera] = n
		return camera, err
	}, "SELECT camera, count(*) FROM open_alerts WHERE seq >= ? AND camera != '' GROUP BY camera", from)
	return counts, err
}
