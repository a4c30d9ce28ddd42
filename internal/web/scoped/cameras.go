package scoped

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/problem"
	stored "postern/internal/store/cameras"
	"postern/internal/web/audit"
	"postern/internal/web/request"
)

// Cameras returns a page of the cameras that the principal may see.
func (s *Service) Cameras(c *fiber.Ctx, q cameras.Query) (cameras.Page, error) {
	return s.cameras.Find(c.UserContext(), q, request.Principal(c).Cameras.Allow)
}

// CameraStates returns the cameras that the principal may see, by id, without
// their rates and alerts.
func (s *Service) CameraStates(c *fiber.Ctx) []cameras.Camera {
	return slices.DeleteFunc(s.cameras.List(), func(known cameras.Camera) bool { return !request.Principal(c).Cameras.Allow(known.ID) })
}

// CameraNamed returns the id of the one camera with a name that the principal may see;
// empty for none, and for a text that is a camera's id.
func (s *Service) CameraNamed(c *fiber.Ctx, name string) string {
	if known := s.cameras.Camera(name); !known.Last.IsZero() || !known.Settings.None() {
		return ""
	}
	return s.cameras.Named(name, request.Principal(c).Cameras.Allow)
}

// ErrNoCamera says that a camera is unknown, or that the principal may not see it.
var ErrNoCamera = problem.New(problem.NotFound,
	"There is no camera with this id: no stored event names it, and it has no setting.")

// Camera returns a camera that the principal may see, or ErrNoCamera.
func (s *Service) Camera(c *fiber.Ctx, id string) (cameras.Listed, error) {
	if !request.Principal(c).Cameras.Allow(id) {
		return cameras.Listed{}, ErrNoCamera
	}
	known, err := s.cameras.Describe(c.UserContext(), id)
	if err == nil && known.Last.IsZero() && known.Settings.None() {
		err = ErrNoCamera
	}
	return known, err
}

// ChangeCamera edits and saves the settings of a camera that the principal may
// see.
func (s *Service) ChangeCamera(c *fiber.Ctx, id string, edit func(*stored.Settings) error) (cameras.Listed, error) {
	audit.SetTarget(c, id)
	if !request.Principal(c).Cameras.Allow(id) {
		return cameras.Listed{}, problem.New(problem.Forbidden,
			"Your account or key is restricted to other cameras, so it can't change this one.")
	}
	if _, err := s.cameras.Change(c.UserContext(), id, edit); err != nil {
		return cameras.Listed{}, err
	}
	return s.cameras.Describe(c.UserContext(), id)
}
