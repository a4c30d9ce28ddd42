package scoped

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/problem"
	"postern/internal/web/audit"
	"postern/internal/web/request"
)

// Cameras returns the cameras that the principal may see.
func (s *Service) Cameras(c *fiber.Ctx) []cameras.Camera {
	return slices.DeleteFunc(s.cameras.List(), func(known cameras.Camera) bool { return !request.Principal(c).Cameras.Allow(known.Name) })
}

// ErrNoCamera says that a camera is unknown, or that the principal may not see it.
var ErrNoCamera = problem.New(problem.NotFound,
	"There is no camera with this id: no stored event names it, and it has no setting.")

// SetCamera stores a camera's setting, if the principal may see the camera.
func (s *Service) SetCamera(c *fiber.Ctx, name string, after *time.Duration) (cameras.Camera, error) {
	audit.SetTarget(c, name)
	if !request.Principal(c).Cameras.Allow(name) {
		return cameras.Camera{}, problem.New(problem.Forbidden,
			"Your account or key is restricted to other cameras, so it can't change this one.")
	}
	return s.cameras.Set(c.UserContext(), name, after)
}
