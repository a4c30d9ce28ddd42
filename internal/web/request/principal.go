package request

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
)

// principalLocal is the key of the request's principal in Fiber's locals.
const principalLocal = "principal"

// SetPrincipal sets the principal of the request.
func SetPrincipal(c *fiber.Ctx, p *access.Principal) { c.Locals(principalLocal, p) }

// Principal returns the account or key behind the request; the zero value is
// anonymous.
func Principal(c *fiber.Ctx) access.Principal {
	if p, _ := c.Locals(principalLocal).(*access.Principal); p != nil {
		return *p
	}
	return access.Principal{}
}

// May reports whether the principal has a permission.
func May(c *fiber.Ctx, permission access.Permission) bool {
	return access.Authorize(Principal(c), permission) == nil
}
