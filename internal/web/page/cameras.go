package page

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/store/counters"
	"postern/internal/web/request"
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
