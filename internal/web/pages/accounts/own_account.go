package accounts

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/session"
	accesspages "postern/views/access"
	"postern/views/ui"
)

// AccountPage shows a person their own account.
func (h *Handlers) AccountPage(c *fiber.Ctx) error {
	return h.renderAccount(c, fiber.StatusOK, nil, h.TakeFlash(c).Flash)
}

func (h *Handlers) renderAccount(c *fiber.Ctx, status int, problems map[string]string, notice ui.Flash) error {
	p := request.Principal(c)
	props := accesspages.AccountProps{
		Frame: h.Frame(c, "Your account", ui.SectionSettings), Now: h.Now(), Name: p.Name, Role: p.Role, Cameras: p.Cameras, Own: p.Session,
		Errors: problems, Flash: notice,
	}
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
		return h.renderAccount(c, respond.ProblemOf(err).Status, problems, ui.Flash{})
	} else if err != nil {
		return err
	}
	return h.Redirect(c, ui.Path("/account"), page.Said("Your password was changed, and your other sessions ended."))
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
