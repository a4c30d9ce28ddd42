package web

import (
	"regexp"
	"sync"
	"time"
	_ "time/tzdata" // a machine may have none

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/views/ui"
)

// zoneCookie is where a browser says which zone it is in (assets/zone.js). It
// opens nothing: pages write their times in it and read what is typed in it.
const zoneCookie = "postern_zone"

// zoneName is what a zone's name may be: names of the time zone database, and
// nothing that leads out of it.
var zoneName = regexp.MustCompile(`^[A-Za-z][\w+-]{0,31}(/[A-Za-z][\w+-]{0,31}){0,2}$`)

// zones are those that were asked for. There are only as many as the time zone
// database has.
var zones sync.Map // name -> *time.Location

// zone is where the clock of whoever asks is: UTC unless the browser says
// otherwise.
func zone(c *fiber.Ctx) *time.Location {
	name := c.Cookies(zoneCookie)
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	if name == "Local" || !zoneName.MatchString(name) {
		return time.UTC
	}
	loaded, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, loaded)
	return loaded
}

// fieldTime reads a page's field for a time in the page's zone. exactly is the
// moment that the field has shown, where what it shows can mean more than one
// (views.exactly).
func fieldTime(typed, exactly string, now time.Time, in *time.Location) (time.Time, error) {
	if shown, err := time.Parse(time.RFC3339Nano, exactly); err == nil && sameField(typed, ui.TimeInput(shown, in)) {
		return shown.UTC(), nil
	}
	t, _, err := event.ParseMoment(typed, now, in)
	if err == nil && t.Year() < 1970 {
		err = problem.New(problem.Unprocessable, "The time is too long ago.")
	}
	return t, err
}

// sameField reports whether a field shows what it was given: browsers leave
// out seconds that are none.
func sameField(typed, given string) bool { return typed == given || typed+":00" == given }
