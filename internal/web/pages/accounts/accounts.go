package accounts

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	accesspages "postern/views/access"
	"postern/views/ui"
)

var roleWords = []ui.Choice{
	{Value: "viewer", Label: "sees events and the monitor"},
	{Value: "operator", Label: "also acknowledges alerts, exports, and operates webhooks"},
	{Value: "administrator", Label: "does everything"},
}

// AccountsPage lists accounts.
func (h *Handlers) AccountsPage(c *fiber.Ctx) error {
	return h.renderAccounts(c, fiber.StatusOK, accesspages.AccessForm{}, "operator", h.TakeFlash(c).Flash)
}

func (h *Handlers) renderAccounts(c *fiber.Ctx, status int, form accesspages.AccessForm, role string, notice ui.Flash) error {
	props := accesspages.AccountsProps{Frame: h.Frame(c, "Accounts", ui.SectionSettings), Now: h.Now(), Roles: withSelected(roleWords, role),
		Form: form, Flash: notice}
	if h.access != nil {
		accounts, err := h.access.Accounts(c.UserContext())
		if err != nil {
			return err
		}
		props.Accounts, props.Own = accounts, request.Principal(c).Name
	}
	return respond.Page(c, status, accesspages.AccountsPage(props))
}

// AccountAdd adds an account with a generated password.
func (h *Handlers) AccountAdd(c *fiber.Ctx) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	form := accesspages.AccessForm{Name: strings.TrimSpace(values.Get("name")), Cameras: values.Get("cameras")}
	password := access.GeneratePassword()
	err = h.access.AddAccount(c.UserContext(), h.audit.Actor(c), access.NewAccount{
		Name: form.Name, Role: account.Role(values.Get("role")), Cameras: restriction(form.Cameras), Password: password,
	})
	if form.Errors = accessErrors(err); form.Errors != nil {
		return h.renderAccounts(c, respond.ProblemOf(err).Status, form, values.Get("role"), ui.Flash{})
	} else if err != nil {
		return err
	}
	return h.Redirect(c, accountsURL, passwordOnce("Added the account "+form.Name+".", password))
}

// passwordOnce returns a message that shows a generated password.
func passwordOnce(text string, password access.Secret) page.Flash {
	return page.Flash{Flash: ui.Flash{Text: text, Once: []ui.Once{{
		ID: "new-password", Says: "This is its password. Copy it now: it is not shown again.", Value: password.Reveal(),
	}}}}
}

// AccountPassword generates a new password for an account.
func (h *Handlers) AccountPassword(c *fiber.Ctx) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	name := values.Get("name")
	if ownAccount(c, name) {
		// A reset would end this session, and only this session may read the new
		// password.
		return problem.New(problem.Conflict, "This is the account that you are signed in with. "+
			"Change its password at /account, which keeps you signed in.")
	}
	password := access.GeneratePassword()
	if err := h.access.SetPassword(c.UserContext(), h.audit.Actor(c), name, password); err != nil {
		return err
	}
	return h.Redirect(c, accountsURL, passwordOnce("The account "+name+" has a new password, and its sessions ended.", password))
}

// ownAccount reports whether a name belongs to the account that sends the
// request.
func ownAccount(c *fiber.Ctx, name string) bool {
	p := request.Principal(c)
	return p.Kind == access.Person && strings.EqualFold(p.Name, name)
}

// Addresses of the pages to which the forms of access redirect.
var (
	accountsURL = ui.Path("/settings/accounts")
	keysURL     = ui.Path("/settings/keys")
)

// accessChange changes one setting of the account or key that a form names, and
// returns a message about the result.
type accessChange func(ctx context.Context, by access.Actor, name string, values url.Values) (done string, err error)

// AccountRole changes an account's role.
func (h *Handlers) AccountRole(c *fiber.Ctx) error { return h.changeAccess(c, accountsURL, h.setRole) }

// AccountDisable disables an account, or enables it again.
func (h *Handlers) AccountDisable(c *fiber.Ctx) error {
	return h.changeAccess(c, accountsURL, h.setDisabled)
}

// AccountRemove removes an account.
func (h *Handlers) AccountRemove(c *fiber.Ctx) error {
	return h.changeAccess(c, accountsURL, h.removeAccount)
}

// changeAccess handles a form that changes one setting, and redirects to its list.
func (h *Handlers) changeAccess(c *fiber.Ctx, back string, change accessChange) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	done, err := change(c.UserContext(), h.audit.Actor(c), values.Get("name"), values)
	if err != nil {
		return err
	}
	return h.Redirect(c, back, page.Said(done))
}

func (h *Handlers) setRole(ctx context.Context, by access.Actor, name string, values url.Values) (string, error) {
	role := values.Get("role")
	return "The account " + name + " has the role " + role + " now.", h.access.SetRole(ctx, by, name, account.Role(role))
}

func (h *Handlers) setDisabled(ctx context.Context, by access.Actor, name string, values url.Values) (string, error) {
	if values.Get("disabled") == "yes" {
		return "Disabled the account " + name + ". Its sessions ended, and it can't sign in.", h.access.SetDisabled(ctx, by, name, true)
	}
	return "Enabled the account " + name + ". It can sign in again.", h.access.SetDisabled(ctx, by, name, false)
}

func (h *Handlers) removeAccount(ctx context.Context, by access.Actor, name string, _ url.Values) (string, error) {
	return "Removed the account " + name + ".", h.access.RemoveAccount(ctx, by, name)
}
