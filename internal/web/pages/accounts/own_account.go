package accounts

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/session"
	accesspages "postern/views/access"
	"postern/views/ui"
)

// AccountPage shows a person their own account.
func (h *Handlers) AccountPage(c *fiber.Ctx) error {
	return h.renderAccount(c, fiber.StatusOK, accesspages.AccountProps{Display: request.Principal(c).Display, Flash: h.TakeFlash(c).Flash})
}

// renderAccount shows the account's page with the values and messages of its forms.
func (h *Handlers) renderAccount(c *fiber.Ctx, status int, props accesspages.AccountProps) error {
	p := request.Principal(c)
	props.Frame, props.Now = h.Frame(c, "Your account", ui.SectionSettings), h.Now()
	props.Name, props.Role, props.Cameras, props.Own = p.Name, p.Role, p.Cameras, p.Session
	var err error
	if props.Sessions, err = h.access.Sessions(c.UserContext(), p); err != nil {
		return err
	}
	return respond.Page(c, status, accesspages.AccountPage(props))
}

// OwnPassword changes the password of the signed-in account.
func (h *Handlers) OwnPassword(c *fiber.Ctx) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	err = h.access.ChangePassword(c.UserContext(), request.Principal(c), h.Proxies.Address(c), access.NewSecret(values.Get("current")),
		access.NewSecret(values.Get("password")))
	if problems := accessErrors(err); problems != nil {
		return h.renderAccount(c, respond.ProblemOf(err).Status,
			accesspages.AccountProps{Display: request.Principal(c).Display, Errors: problems})
	} else if err != nil {
		return err
	}
	return h.Redirect(c, ui.Path("/account"), page.Said("Your password was changed, and your other sessions ended."))
}

// OwnDisplay sets the theme and the time zone of the signed-in account.
func (h *Handlers) OwnDisplay(c *fiber.Ctx) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	chosen := account.Display{Theme: account.Theme(values.Get("theme")), Zone: strings.TrimSpace(values.Get("zone"))}
	if chosen.Theme == "system" {
		chosen.Theme = account.System
	}
	err = h.access.SetDisplay(c.UserContext(), request.Principal(c), h.Proxies.Address(c), chosen)
	if problems := accessErrors(err); problems != nil {
		return h.renderAccount(c, respond.ProblemOf(err).Status, accesspages.AccountProps{Display: chosen, Errors: problems})
	} else if err != nil {
		return err
	}
	return h.Redirect(c, ui.Path("/account"), page.Said("Saved. All your browsers show pages like this from now on."))
}

// SessionEnd ends a session of the signed-in account.
func (h *Handlers) SessionEnd(c *fiber.Ctx) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	n := formNumber(values.Get("session"))
	if err := h.access.EndSession(c.UserContext(), request.Principal(c), h.Proxies.Address(c), n); err != nil {
		return err
	}
	if n == request.Principal(c).Session {
		session.Drop(c, h.Proxies.Secure(c))
		return c.Redirect(ui.Path("/sign-in"), fiber.StatusSeeOther)
	}
	return h.Redirect(c, ui.Path("/account"), page.Said("Ended the session."))
}

// formNumber reads a number from a form; zero for an invalid one.
func formNumber(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
