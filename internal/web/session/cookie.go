package session

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
)

// For the prefix __Host- browsers require TLS and this exact host.
const (
	secureCookie = "__Host-postern"
	plainCookie  = "postern"
)

// CookieNames are the names that the cookie of a session may have.
var CookieNames = []string{secureCookie, plainCookie}

// CookieName returns the name of the cookie of a session.
func CookieName(secure bool) string {
	if secure {
		return secureCookie
	}
	return plainCookie
}

// Keep sets the cookie of a session.
func Keep(c *fiber.Ctx, secure bool, id access.Secret) {
	c.Cookie(&fiber.Cookie{
		Name: CookieName(secure), Value: id.Reveal(), Path: "/", HTTPOnly: true, Secure: secure, SameSite: fiber.CookieSameSiteStrictMode,
		// Sessions end earlier; the cookie only has to outlive them.
		MaxAge: int(cookieAge / time.Second),
	})
}

const cookieAge = 400 * 24 * time.Hour // the longest that browsers keep a cookie

// Drop removes the cookie of a session.
func Drop(c *fiber.Ctx, secure bool) {
	c.Cookie(&fiber.Cookie{Name: CookieName(secure), Path: "/", HTTPOnly: true, Secure: secure,
		SameSite: fiber.CookieSameSiteStrictMode, Expires: time.Unix(1, 0)})
}
