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

// unknownLocal is where identify leaves why it isn't known who asks.
const authErrorLocal = "unknown"

// identify finds out who asks, from a key or a session. On an address that is
// open to its machine everybody else is the local principal, and elsewhere
// nobody. A key that doesn't hold is refused wherever it takes one, since a
// program that sends it means it.
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

// Principals that are the same in every request. Nobody changes them.
var (
	local     = access.LocalPrincipal()
	anonymous access.Principal
)

func (s *Server) authenticate(c *fiber.Ctx) (*access.Principal, error) {
	if s.access == nil {
		return &local, nil
	}
	stranger := &anonymous
	if s.open {
		stranger = &local
	}
	if header := headerAuthorization.of(c); len(header) > 0 {
		key, ok := bearer(header)
		if !ok {
			return stranger, problem.New(problem.Unauthenticated, "Send the key as Authorization: Bearer pst_…; other forms aren't accepted.")
		}
		p, err := s.access.Key(c.UserContext(), key)
		if err != nil && s.open && errors.Is(err, problem.Unauthenticated) {
			// Whoever may do everything without a key may do so with any:
			// clients that always send one work as they do elsewhere.
			return stranger, nil
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
			return stranger, err
		}
		s.dropSession(c)
	}
	return stranger, nil
}

// bearer reads the key from an Authorization header; false where its scheme is
// another one.
func bearer(header []byte) (key access.Secret, ok bool) {
	scheme, rest, _ := strings.Cut(string(header), " ")
	return access.NewSecret(strings.TrimSpace(rest)), strings.EqualFold(scheme, "bearer")
}

// asksByItself reports whether an open page sends the request on its own, and
// not because somebody does something.
func isBackground(c *fiber.Ctx) bool {
	return c.Path() == "/event-marks" || c.Path() == "/live/socket" || len(headerByItself.of(c)) > 0 ||
		c.Method() == fiber.MethodGet && c.Context().QueryArgs().Has(ui.BackgroundParameter)
}

// needs lets through whom the permission is given.
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
		if c.Get("HX-Request") != "" { // a part of an open page, which the page to sign in on doesn't have
			return err
		}
		if fromElsewhere(c) {
			return respond.Page(c, fiber.StatusOK, returnPage(c))
		}
		return c.Redirect("/sign-in?next="+url.QueryEscape(c.OriginalURL()), fiber.StatusSeeOther)
	}
}

// fromElsewhere reports whether another site's page led here. The browser
// then keeps the session's cookie back.
func fromElsewhere(c *fiber.Ctx) bool {
	site := c.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// Session cookies. The prefix makes a browser insist on what it says: sent
// over TLS only, for this host alone.
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
		// The service ends it sooner; the browser needn't keep it longer.
		MaxAge: int(sessionCookieAge / time.Second),
	})
}

const sessionCookieAge = 400 * 24 * time.Hour // as long as browsers keep any

func (s *Server) dropSession(c *fiber.Ctx) {
	c.Cookie(&fiber.Cookie{Name: s.cookieName(c), Path: "/", HTTPOnly: true, Secure: s.secure(c), SameSite: fiber.CookieSameSiteStrictMode, Expires: time.Unix(1, 0)})
}

// actor is who asks, as the audit tells it.
func (s *Server) actor(c *fiber.Ctx) access.Actor { return request.Principal(c).From(s.address(c)) }

// record writes to the audit what is looked at, before the answer leaves.
func (s *Server) auditRead(c *fiber.Ctx, action access.Action, target string, details access.Details) error {
	if s.access == nil {
		return nil
	}
	return s.access.RecordRead(c.UserContext(), s.actor(c), access.Entry{Action: action, Target: target, Details: details})
}

// recordSearch writes down that events were searched by what they say of a
// person, or exported. The entry has the searched text only as a hash with the
// data folder's key: an erased person must not stay in it, and a person who
// knows the text can still find the entry.
func (s *Server) auditSearch(c *fiber.Ctx, action access.Action, f event.Filter) error {
	details := access.Details{}
	for name, values := range ui.FilterQuery(f) {
		switch {
		case name == "q":
			details["text"] = s.store.Digest(values[0])
		case len(values) == 1:
			details[name] = values[0]
		default:
			details[name] = values
		}
	}
	return s.auditRead(c, action, "", details)
}
