package request

import (
	"sync"
	"time"
	_ "time/tzdata" // a machine may have none

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/views/ui"
)

// ZoneCookie has the browser's time zone (assets/zone.js). It gives no
// permission: pages only write and read times in this zone.
const ZoneCookie = "postern_zone"

// zones are the loaded time zones. The time zone database bounds their number.
var zones sync.Map // name -> *time.Location

// Zone returns the time zone of the page: the account's, else the browser's; UTC if
// neither says one.
func Zone(c *fiber.Ctx) *time.Location {
	name := Principal(c).Display.Zone
	if name == "" {
		name = c.Cookies(ZoneCookie)
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	loaded, ok := access.LoadZone(name)
	if !ok {
		return time.UTC
	}
	zones.Store(name, loaded)
	return loaded
}

// FieldTime parses a form field for a time in the page's zone. exactly is the
// moment that the field showed, for local times that are ambiguous.
func FieldTime(typed, exactly string, now time.Time, in *time.Location) (time.Time, error) {
	if shown, err := time.Parse(time.RFC3339Nano, exactly); err == nil && sameField(typed, ui.TimeInput(shown, in)) {
		return shown.UTC(), nil
	}
	t, _, err := event.ParseMoment(typed, now, in)
	if err == nil && t.Year() < 1970 {
		err = problem.New(problem.Unprocessable, "The time is too long ago.")
	}
	return t, err
}

// sameField reports whether a field is unchanged: browsers leave out seconds
// that are zero.
func sameField(typed, given string) bool { return typed == given || typed+":00" == given }
