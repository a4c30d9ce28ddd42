package accounts

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/session"
	accesspages "postern/views/access"
	"postern/views/ui"
)

// SignInPage shows the sign-in form.
func (h *Handlers) SignInPage(c *fiber.Ctx) error {
	if p := request.Principal(c); p.Kind == access.Person {
		return c.Redirect(nextPath(c.Query("next")), fiber.StatusSeeOther)
	}
	return respond.Page(c, fiber.StatusOK, accesspages.SignInPage(accesspages.SignInProps{Next: nextPath(c.Query("next"))}))
}

// SignIn checks a name and a password, and begins a session.
func (h *Handlers) SignIn(c *fiber.Ctx) error {
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if h.access == nil {
		return problem.New(problem.NotFound, "This Postern has no accounts.")
	}
	next := nextPath(values.Get("next"))
	id, _, err := h.access.SignIn(c.UserContext(), access.SignIn{
		Name: strings.TrimSpace(values.Get("name")), Password: access.NewSecret(values.Get("password")),
		Origin:   access.Origin{Address: h.Proxies.Address(c), Agent: c.Get(fiber.HeaderUserAgent)},
		Replaces: access.NewSecret(c.Cookies(session.CookieName(h.Proxies.Secure(c)))),
	})
	if problem.Of(err) != nil {
		p := respond.ProblemOf(err)
		p.SetRetryAfter(&c.Response().Header)
		return respond.Page(c, p.Status, accesspages.SignInPage(accesspages.SignInProps{Next: next, Name: values.Get("name"), Problem: p.Detail}))
	}
	if err != nil {
		return err
	}
	session.Keep(c, h.Proxies.Secure(c), id)
	return c.Redirect(next, fiber.StatusSeeOther)
}

// SignOut ends the session.
func (h *Handlers) SignOut(c *fiber.Ctx) error {
	if h.access != nil {
		if err := h.access.SignOut(c.UserContext(), request.Principal(c), h.Proxies.Address(c)); err != nil {
			return err
		}
	}
	session.Drop(c, h.Proxies.Secure(c))
	return c.Redirect(ui.Path("/sign-in"), fiber.StatusSeeOther)
}

// Screen opens a session for a wall screen, whose link has a key, and redirects
// to the URL without the key. A signed-in person keeps their session, so that no
// link on another site can end it.
func (h *Handlers) Screen(c *fiber.Ctx) error {
	key := c.Query("key")
	if key == "" || h.access == nil || c.Method() != fiber.MethodGet || c.Path() != "/monitor" {
		return c.Next()
	}
	if request.IsCrossSite(c) { // the browser withholds the session's cookie
		return ReturnPage(c)
	}
	values := request.Query(c)
	values.Del("key")
	on := ui.Path(strings.TrimSuffix("/monitor?"+values.Encode(), "?"))
	if request.Principal(c).Kind == access.Person {
		return c.Redirect(on, fiber.StatusSeeOther)
	}
	id, _, err := h.access.OpenScreen(c.UserContext(), access.NewSecret(key), access.Origin{Address: h.Proxies.Address(c),
		Agent: c.Get(fiber.HeaderUserAgent)})
	if err != nil {
		return err
	}
	session.Keep(c, h.Proxies.Secure(c), id)
	return c.Redirect(on, fiber.StatusSeeOther)
}

// nextPath returns the path to redirect to after the sign-in. It is never on
// another site.
func nextPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || !page.LocalPath(next) || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, ui.Path("/sign-")) {
		return ui.Path("/")
	}
	if query := u.Query(); query.Has(ui.BackgroundParameter) { // after a sign-in, a person looks at the page
		query.Del(ui.BackgroundParameter)
		u.RawQuery = query.Encode()
	}
	return u.RequestURI()
}

// ReturnPage shows a page that repeats the request from this site: the browser
// then sends the session's cookie.
func ReturnPage(c *fiber.Ctx) error {
	return respond.Page(c, fiber.StatusOK, accesspages.ReturnPage(nextPath(c.OriginalURL())))
}
