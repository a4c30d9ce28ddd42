package request

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
)

// WithinScope restricts a filter to the principal's camera scope.
func WithinScope(c *fiber.Ctx, f event.Filter) event.Filter {
	f, _ = Principal(c).Cameras.Restrict(f)
	return f
}

// CameraScope returns the cameras that the principal is restricted to; nil means
// all.
func CameraScope(c *fiber.Ctx) []string { return WithinScope(c, event.Filter{}).Cameras }
