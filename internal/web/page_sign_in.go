package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/session"
	accesspages "postern/views/access"
	"postern/views/ui"
)

// signInPage shows the sign-in form.
func (s *Server) signInPage(c *fiber.Ctx) error {
	if p := request.Principal(c); p.Kind == access.Person {
		return c.Redirect(nextPath(c.Query("next")), fiber.StatusSeeOther)
	}
	return respond.Page(c, fiber.StatusOK, accesspages.SignInPage(accesspages.SignInProps{Next: nextPath(c.Query("next"))}))
}

// signIn checks a name and a password, and begins a session.
func (s *Server) signIn(c *fiber.Ctx) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}
	if s.access == nil {
		return problem.New(problem.NotFound, "This Postern has no accounts.")
	}
	next := nextPath(values.Get("next"))
	id, _, err := s.access.SignIn(c.UserContext(), access.SignIn{
		Name: strings.TrimSpace(values.Get("name")), Password: access.NewSecret(values.Get("password")),
		Origin:   access.Origin{Address: s.proxies.Address(c), Agent: c.Get(fiber.HeaderUserAgent)},
		Replaces: access.NewSecret(c.Cookies(session.CookieName(s.proxies.Secure(c)))),
	})
	if problem.Of(err) != nil {
		p := respond.ProblemOf(err)
		p.SetRetryAfter(&c.Response().Header)
		return respond.Page(c, p.Status, accesspages.SignInPage(accesspages.SignInProps{Next: next, Name: values.Get("name"), Problem: p.Detail}))
	}
	if err != nil {
		return err
	}
	session.Keep(c, s.proxies.Secure(c), id)
	return c.Redirect(next, fiber.StatusSeeOther)
}

// signOut ends the session.
func (s *Server) signOut(c *fiber.Ctx) error {
	if s.access != nil {
		if err := s.access.SignOut(c.UserContext(), request.Principal(c), s.proxies.Address(c)); err != nil {
			return err
		}
	}
	session.Drop(c, s.proxies.Secure(c))
	return c.Redirect("/sign-in", fiber.StatusSeeOther)
}

// screen opens a session for a wall screen, whose link has a key, and redirects
// to the URL without the key. A signed-in person keeps their session, so that no
// link on another site can end it.
func (s *Server) screen(c *fiber.Ctx) error {
	key := c.Query("key")
	if key == "" || s.access == nil || c.Method() != fiber.MethodGet || c.Path() != "/monitor" {
		return c.Next()
	}
	if request.IsCrossSite(c) { // the browser withholds the session's cookie
		return respond.Page(c, fiber.StatusOK, returnPage(c))
	}
	values := request.Query(c)
	values.Del("key")
	on := strings.TrimSuffix(c.Path()+"?"+values.Encode(), "?")
	if request.Principal(c).Kind == access.Person {
		return c.Redirect(on, fiber.StatusSeeOther)
	}
	id, _, err := s.access.OpenScreen(c.UserContext(), access.NewSecret(key), access.Origin{Address: s.proxies.Address(c),
		Agent: c.Get(fiber.HeaderUserAgent)})
	if err != nil {
		return err
	}
	session.Keep(c, s.proxies.Secure(c), id)
	return c.Redirect(on, fiber.StatusSeeOther)
}

// nextPath returns the path to redirect to after the sign-in. It is never on
// another site.
func nextPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || !localPath(next) || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/sign-") {
		return "/"
	}
	if query := u.Query(); query.Has(ui.BackgroundParameter) { // after a sign-in, a person looks at the page
		query.Del(ui.BackgroundParameter)
		u.RawQuery = query.Encode()
	}
	return u.RequestURI()
}

func returnPage(c *fiber.Ctx) templ.Component {
	return accesspages.ReturnPage(nextPath(c.OriginalURL()))
}

// formNumber reads a number from a form; zero for an invalid one.
func formNumber(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
