package web

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/connection"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/ui"
)

// authErrorLocal is the key in Fiber's locals of the error of a failed
// authentication.
const authErrorLocal = "authentication error"

// identify sets the principal of a request from its key or session. Without
// either it is the local principal on a server that is open to its machine, and
// anonymous on others. An invalid key is refused on every route that needs a
// permission, even if the route would serve an anonymous request.
func (s *Server) identify(c *fiber.Ctx) error {
	p, err := s.authenticate(c)
	if err != nil {
		p = &anonymous
		c.Locals(authErrorLocal, err)
	}
	if p.Kind != access.Anonymous {
		connection.Of(c.Context().Conn()).Authenticate()
	}
	request.SetPrincipal(c, p)
	return c.Next()
}

// Principals that are shared by requests. They are read-only.
var (
	local     = access.LocalPrincipal()
	anonymous access.Principal
)

// authenticate returns the principal of the key or the session.
func (s *Server) authenticate(c *fiber.Ctx) (*access.Principal, error) {
	if s.access == nil {
		return &local, nil
	}
	unauthenticated := &anonymous
	if s.open {
		unauthenticated = &local
	}
	if header := headerAuthorization.of(c); len(header) > 0 {
		key, ok := bearer(header)
		if !ok {
			return unauthenticated, problem.New(problem.Unauthenticated,
				"Send the key as Authorization: Bearer pst_…; other forms aren't accepted.")
		}
		p, err := s.access.Key(c.UserContext(), key)
		if err != nil && s.open && errors.Is(err, problem.Unauthenticated) {
			// This server needs no key, so it accepts any key: clients that always
			// send one work as they do with other servers.
			return unauthenticated, nil
		}
		return &p, err
	}
	if id := c.Cookies(s.cookieName(c)); id != "" {
		session := s.access.Session
		if isBackground(c) {
			session = s.access.BackgroundSession
		}
		p, err := session(c.UserContext(), access.NewSecret(id))
		switch {
		case err == nil:
			return &p, nil
		case !errors.Is(err, problem.Unauthenticated):
			return unauthenticated, err
		}
		s.dropSession(c)
	}
	return unauthenticated, nil
}

// bearer returns the key of an Authorization header; false if the header has
// another scheme.
func bearer(header []byte) (key access.Secret, ok bool) {
	scheme, rest, _ := strings.Cut(string(header), " ")
	return access.NewSecret(strings.TrimSpace(rest)), strings.EqualFold(scheme, "bearer")
}

// isBackground reports whether the request is a background request: an open page
// sends it without an action of its user, so that it doesn't prolong the session.
func isBackground(c *fiber.Ctx) bool {
	return c.Path() == "/event-badges" || c.Path() == "/live/socket" || len(headerBackground.of(c)) > 0 ||
		c.Method() == fiber.MethodGet && c.Context().QueryArgs().Has(ui.BackgroundParameter)
}

// needs refuses requests of principals without the permission.
func (s *Server) needs(permission access.Permission) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err, unknown := c.Locals(authErrorLocal).(error); unknown {
			return err
		}
		err := access.Authorize(request.Principal(c), permission)
		if err == nil {
			return c.Next()
		}
		if !errors.Is(err, problem.Unauthenticated) || !request.WantsPage(c) || c.Method() != fiber.MethodGet {
			return err
		}
		if c.Get("HX-Request") != "" { // a part of an open page, which the sign-in page must not replace
			return err
		}
		if isCrossSite(c) {
			return respond.Page(c, fiber.StatusOK, returnPage(c))
		}
		return c.Redirect("/sign-in?next="+url.QueryEscape(c.OriginalURL()), fiber.StatusSeeOther)
	}
}

// isCrossSite reports whether a page of another site links here. The browser
// then doesn't send the session's cookie.
func isCrossSite(c *fiber.Ctx) bool {
	site := c.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// Session cookies. For the prefix __Host- browsers require TLS and this exact
// host.
const (
	secureCookie = "__Host-postern"
	plainCookie  = "postern"
)

func (s *Server) cookieName(c *fiber.Ctx) string {
	if s.secure(c) {
		return secureCookie
	}
	return plainCookie
}

func (s *Server) keepSession(c *fiber.Ctx, id access.Secret) {
	c.Cookie(&fiber.Cookie{
		Name: s.cookieName(c), Value: id.Reveal(), Path: "/", HTTPOnly: true, Secure: s.secure(c), SameSite: fiber.CookieSameSiteStrictMode,
		// Sessions end earlier; the cookie only has to outlive them.
		MaxAge: int(sessionCookieAge / time.Second),
	})
}

const sessionCookieAge = 400 * 24 * time.Hour // the longest that browsers keep a cookie

func (s *Server) dropSession(c *fiber.Ctx) {
	c.Cookie(&fiber.Cookie{Name: s.cookieName(c), Path: "/", HTTPOnly: true, Secure: s.secure(c),
		SameSite: fiber.CookieSameSiteStrictMode, Expires: time.Unix(1, 0)})
}

// actor returns the principal and its address for an audit entry.
func (s *Server) actor(c *fiber.Ctx) access.Actor { return request.Principal(c).From(s.address(c)) }

// auditRead writes an audit entry for a read, before the response is sent.
func (s *Server) auditRead(c *fiber.Ctx, action access.Action, target string, details access.Details) error {
	if s.access == nil {
		return nil
	}
	return s.access.RecordRead(c.UserContext(), s.actor(c), access.Entry{Action: action, Target: target, Details: details})
}

// auditSearch writes an audit entry for a search by text, or for an export. The
// entry has the text only as a hash with the data folder's key: an erased person
// must not stay in it, and with the text the entry can still be found.
func (s *Server) auditSearch(c *fiber.Ctx, action access.Action, f event.Filter) error {
	details := access.Details{}
	for name, values := range ui.FilterQuery(f) {
		switch {
		case name == "q":
			details["text"] = s.store.Secrets.Digest(values[0])
		case len(values) == 1:
			details[name] = values[0]
		default:
			details[name] = values
		}
	}
	return s.auditRead(c, action, "", details)
}
