package page

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/web/request"
	"postern/internal/web/scoped"
	"postern/views/ui"
)

// The cookie with the name of the person who acknowledges, without accounts.
const (
	actorCookie = "postern_name"
	actorFor    = 365 * 24 * time.Hour
)

// PersonName returns the name of the person behind a request: the signed-in
// account's, or without accounts the one that the browser remembers; otherwise
// empty.
func PersonName(c *fiber.Ctx) string {
	if p := request.Principal(c); p.Kind == access.Person {
		return p.Name
	}
	name, err := url.QueryUnescape(c.Cookies(actorCookie))
	if err != nil || scoped.NameProblem(name) != "" {
		return ""
	}
	return name
}

// RememberActor lets the browser keep a typed name, so that a page asks for it
// only once.
func RememberActor(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: actorCookie, Value: url.QueryEscape(name), Path: ui.Path("/"),
		MaxAge: int(actorFor / time.Second), SameSite: fiber.CookieSameSiteStrictMode,
	})
}
