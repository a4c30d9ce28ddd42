package access

import (
	"context"
	"net/netip"
	"regexp"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
)

// zoneName matches names of the time zone database, and no path out of it.
var zoneName = regexp.MustCompile(`^[A-Za-z][\w+-]{0,31}(/[A-Za-z][\w+-]{0,31}){0,2}$`)

// LoadZone returns the time zone of a name in the time zone database; false where
// there is none.
func LoadZone(name string) (*time.Location, bool) {
	if name == "Local" || !zoneName.MatchString(name) {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// SetDisplay sets how p's account wants to see pages. Its open pages stay as they
// are until they load again.
func (s *Service) SetDisplay(ctx context.Context, p Principal, from netip.Addr, d account.Display) error {
	if err := Authorize(p, OwnAccount); err != nil {
		return err
	}
	if d.Theme != account.System && d.Theme != account.Light && d.Theme != account.Dark {
		return problem.InvalidField("theme", `The theme must be "light", "dark" or empty.`)
	}
	if _, known := LoadZone(d.Zone); d.Zone != "" && !known {
		return problem.InvalidField("zone", "There is no time zone with this name. Names are like Europe/Amsterdam.")
	}
	return s.changeAccount(ctx, p.From(from), p.Name, func(a *account.Account) (*Entry, error) {
		if a.Display == d {
			return nil, nil
		}
		a.Display = d
		return &Entry{Action: AccountDisplay, Details: Details{"theme": d.Theme, "zone": d.Zone}}, nil
	})
}
