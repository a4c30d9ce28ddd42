package page

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/store/counters"
	"postern/internal/web/request"
	"postern/views/camera"
	"postern/views/chart"
)

// maxOfferedCameras is the maximum number of suggestions in a camera field.
const maxOfferedCameras = 500

// KnownCameras returns the suggestions for a camera field: the names of the last
// seen cameras, in the order of their names.
func (s *Shell) KnownCameras(c *fiber.Ctx) []string {
	known := slices.DeleteFunc(s.store.Counters.LastSeen(), func(k counters.LastSeen) bool {
		return !request.Principal(c).Cameras.Allow(k.ID)
	})
	if len(known) > maxOfferedCameras {
		slices.SortFunc(known, func(a, b counters.LastSeen) int { return cmp.Compare(b.LastSeq, a.LastSeq) })
		known = known[:maxOfferedCameras]
	}
	names := make([]string, len(known))
	for i, camera := range known {
		names[i] = camera.ID
	}
	slices.Sort(names)
	return names
}

// ViewOfCamera returns a camera as pages show it.
func ViewOfCamera(c cameras.Camera) camera.Camera {
	return camera.Camera{
		ID: c.ID, Name: c.Settings.Name, Site: c.Settings.Site, Group: c.Settings.Group,
		State: camera.State(c.State), Since: c.Since, Last: c.Last, LastType: c.LastType, Normal: c.Normal,
		Usual: c.UsualPause, Expected: c.Settings.ExpectedInterval, SilentAfter: c.SilentAfter, Set: c.Settings.SilentAfter != nil,
	}
}

// ViewsOfCameras returns cameras as pages show them.
func ViewsOfCameras(list []cameras.Camera) []camera.Camera {
	shown := make([]camera.Camera, len(list))
	for i, c := range list {
		shown[i] = ViewOfCamera(c)
	}
	return shown
}

// ListedCamera returns a camera with its open alerts, as pages show it.
func ListedCamera(c cameras.Listed) camera.Camera {
	shown := ViewOfCamera(c.Camera)
	shown.OpenAlerts = c.OpenAlerts
	return shown
}

// Minutes returns counts by the minute as charts show them.
func Minutes(counted []counters.Minute) []chart.Minute {
	minutes := make([]chart.Minute, len(counted))
	for i := range counted {
		minutes[i] = chart.Minute{Start: counted[i].Start, ByType: counted[i].Counts[:], Known: counted[i].Known, AtLeast: counted[i].AtLeast}
	}
	return minutes
}
