package monitor

import (
	"cmp"
	"slices"
	"strings"

	"postern/internal/event"
	"postern/views/camera"
	"postern/views/ui"
)

// wall is the cameras as a monitor shows them.
type wall struct {
	// large are the cameras that need a person, where there are too many for a tile
	// each; more counts those that have no room.
	large []camera.Camera
	more  int
	// sites are the cameras of each site. Dense says that they are small marks without
	// a name.
	sites []site
	dense bool
}

// site is a place with its cameras. Its name is empty where no camera has a site, and
// for the cameras without one.
type site struct {
	name    string
	cameras []camera.Camera
}

// wallOf arranges cameras by site and name, because a tile that is read from afar must
// keep its place. Few cameras have a tile each, those that are down first. Many have a
// mark each, and those that are down or have open alerts a tile too.
func wallOf(all []camera.Camera) wall {
	w := wall{dense: len(all) > MaxTiles}
	sorted := slices.SortedFunc(slices.Values(all), func(a, b camera.Camera) int {
		first := 0
		if !w.dense {
			first = cmp.Compare(rank(a), rank(b))
		}
		return cmp.Or(compareSites(a.Site, b.Site), first, strings.Compare(a.Called(), b.Called()), strings.Compare(a.ID, b.ID))
	})
	if w.dense {
		w.large = slices.DeleteFunc(slices.Clone(sorted), func(c camera.Camera) bool { return !c.Down() && c.OpenAlerts == 0 })
		slices.SortStableFunc(w.large, func(a, b camera.Camera) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.OpenAlerts, a.OpenAlerts))
		})
		if len(w.large) > maxLarge { // the last place tells how many more there are
			w.more = len(w.large) - maxLarge + 1
		}
		w.large = w.large[:len(w.large)-w.more]
	}
	for _, c := range sorted[:min(len(sorted), maxMarks)] {
		if n := len(w.sites); n == 0 || w.sites[n-1].name != c.Site {
			w.sites = append(w.sites, site{name: c.Site})
		}
		last := &w.sites[len(w.sites)-1]
		last.cameras = append(last.cameras, c)
	}
	return w
}

// rank sorts cameras that are down before all others, of which none moves when it
// sends an event.
func rank(c camera.Camera) int {
	if c.Down() {
		return c.Rank()
	}
	return len(camera.States)
}

// compareSites compares sites by name; cameras without one come last.
func compareSites(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return strings.Compare(a, b)
}

// title names the site, where some camera has one.
func (s site) title(w wall) string {
	if s.name == "" && len(w.sites) > 1 {
		return "No site"
	}
	return ui.Tidy(s.name)
}

// words describes the site's cameras.
func (s site) words() string {
	return ui.Counted(int64(len(s.cameras)), "camera", "cameras") + ": " + camera.Summary(s.cameras)
}

// SameTiles reports whether a monitor shows the same of two lists of cameras. Of many
// cameras it doesn't show the newest events.
func SameTiles(a, b []camera.Camera) bool {
	if len(a) <= MaxTiles {
		return slices.Equal(a, b)
	}
	return slices.EqualFunc(a, b, func(a, b camera.Camera) bool {
		return a.ID == b.ID && a.Name == b.Name && a.Site == b.Site && a.State == b.State && a.Since.Equal(b.Since) &&
			a.OpenAlerts == b.OpenAlerts
	})
}

// tilesClass sizes the tiles by their number.
func tilesClass(n int) string {
	switch {
	case n <= 12:
		return "few"
	case n <= 28:
		return "some"
	default:
		return "many"
	}
}

// downTiles counts the cameras that are offline or silent.
func downTiles(tiles []camera.Camera) int64 {
	return camera.CountState(tiles, camera.Offline) + camera.CountState(tiles, camera.Silent)
}

// tileMeaning is the meaning behind a tile's colour: the camera's state if it isn't
// live, else its newest event's.
func tileMeaning(c camera.Camera) event.Meaning {
	if c.State == camera.Live {
		return c.LastType.Info().Meaning
	}
	return c.Meaning()
}

// markClass is the class of a camera's mark.
func markClass(c camera.Camera) string {
	if c.OpenAlerts > 0 && !c.Down() {
		return "alerting"
	}
	return string(c.State)
}
