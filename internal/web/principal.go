package web

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/connection"
	"postern/internal/problem"
	"postern/internal/web/pages/accounts"
	"postern/internal/web/request"
	"postern/internal/web/session"
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
	if id := c.Cookies(session.CookieName(s.proxies.Secure(c))); id != "" {
		authenticate := s.access.Session
		if request.IsBackground(c) {
			authenticate = s.access.BackgroundSession
		}
		p, err := authenticate(c.UserContext(), access.NewSecret(id))
		switch {
		case err == nil:
			return &p, nil
		case !errors.Is(err, problem.Unauthenticated):
			return unauthenticated, err
		}
		session.Drop(c, s.proxies.Secure(c))
	}
	return unauthenticated, nil
}

// bearer returns the key of an Authorization header; false if the header has
// another scheme.
func bearer(header []byte) (key access.Secret, ok bool) {
	scheme, rest, _ := strings.Cut(string(header), " ")
	return access.NewSecret(strings.TrimSpace(rest)), strings.EqualFold(scheme, "bearer")
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
		if request.IsCrossSite(c) {
			return accounts.ReturnPage(c)
		}
		return c.Redirect(ui.Path("/sign-in?next="+url.QueryEscape(c.OriginalURL())), fiber.StatusSeeOther)
	}
}
