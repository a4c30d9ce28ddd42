package events

import (
	"context"
	"time"

	"postern/views/ui"
)

// today is the query's word for the last midnight in the page's zone. It includes the
// offset, so that the address means the same in another zone.
func today(ctx context.Context, now time.Time) string {
	now = now.In(ui.Zone(ctx))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	if _, offset := midnight.Zone(); offset == 0 {
		return "today"
	}
	return "today" + midnight.Format("-07:00")
}
