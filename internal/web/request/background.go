package request

import (
	"github.com/gofiber/fiber/v2"

	"postern/views/ui"
)

// headerBackground has capitals as fasthttp gives them: looking for it takes no
// allocation.
var headerBackground = []byte(ui.BackgroundHeader)

// IsBackground reports whether the request is a background request: an open page
// sends it without an action of its user, so that it doesn't prolong the session.
func IsBackground(c *fiber.Ctx) bool {
	return c.Path() == "/event-badges" || c.Path() == "/live/socket" || len(c.Request().Header.PeekCanonical(headerBackground)) > 0 ||
		c.Method() == fiber.MethodGet && c.Context().QueryArgs().Has(ui.BackgroundParameter)
}

// IsCrossSite reports whether a page of another site links here. The browser
// then doesn't send the session's cookie.
func IsCrossSite(c *fiber.Ctx) bool {
	site := c.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}
