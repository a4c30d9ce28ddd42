package events

import (
	"context"
	"time"

	"postern/internal/shift"
	"postern/views/ui"
)

// periodWords describes a named range: "22:00 to 06:00 in Europe/Amsterdam".
func periodWords(ctx context.Context, shifts shift.Plan, name string, now time.Time) string {
	period, ok := shifts.Named(name, now, ui.Zone(ctx))
	if !ok {
		return ""
	}
	in := ui.Zone(ctx)
	return period.Start.In(in).Format("2 January 15:04") + " to " + period.End.In(in).Format("15:04") + " in " + in.String()
}

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
