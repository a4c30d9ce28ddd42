package page

import (
	"time"

	"postern/internal/shift"
	"postern/internal/store"
	"postern/internal/web/request"
)

// Shell is what the handlers of all pages share. All rooms use the same one: a form
// of one room may redirect to a page of another.
type Shell struct {
	// Now is the server's clock.
	Now func() time.Time
	// Proxies says whose headers are trusted, for the server's own URL.
	Proxies request.Proxies

	// Shifts are the shifts of the site.
	Shifts shift.Plan

	store   *store.Store
	flashes flashes
}

// New returns a shell.
func New(st *store.Store, proxies request.Proxies, shifts shift.Plan, now func() time.Time) *Shell {
	return &Shell{store: st, Proxies: proxies, Shifts: shifts, Now: now}
}
