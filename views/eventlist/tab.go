package eventlist

import (
	"context"
	"strings"

	"postern/internal/event"
	"postern/views/cameraname"
	"postern/views/ui"
)

// Tab describes an event in the browser's tab, without a person's name, because
// browsers keep the titles of tabs.
func Tab(ctx context.Context, e *event.Event) string {
	words := strings.ToLower(e.Type.Info().Words)
	if e.Camera != "" {
		words += " at " + ui.Clip(cameraname.Of(ctx, e.Camera), 40)
	}
	return words + ", " + e.Time.In(ui.Zone(ctx)).Format("15:04:05")
}
