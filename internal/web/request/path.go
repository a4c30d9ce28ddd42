package request

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
)

// APIPrefix is the path prefix of the JSON API.
const APIPrefix = "/api/v1"

// PathID returns the event's id in the request's path. Clients may encode more
// characters than necessary, such as a colon.
func PathID(c *fiber.Ctx) string {
	id := c.Params("id")
	if decoded, err := url.PathUnescape(id); err == nil {
		return decoded
	}
	return id
}

// PathIdentity returns the identity in the request's path. Its errors are
// *problem.Error.
func PathIdentity(c *fiber.Ctx) (string, error) {
	id, err := url.PathUnescape(c.Params("id"))
	if err != nil {
		return "", problem.InvalidField("identity_id", "The identity_id is not encoded for a URL; write a percent sign as %%25.")
	}
	return id, event.CheckIdentity(id)
}
