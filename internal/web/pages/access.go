package pages

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/session"
	accesspages "postern/views/access"
	"postern/views/ui"
)

var roleWords = []ui.Choice{
	{Value: "viewer", Label: "sees events and the monitor"},
	{Value: "operator", Label: "also acknowledges alerts, exports, and operates webhooks"},
	{Value: "administrator", Label: "does everything"},
}

var scopeWords = []ui.Choice{
	{Value: "ingest", Label: "post events"},
	{Value: "read", Label: "read and export events, live and past"},
	{Value: "manage", Label: "register, change and operate webhooks"},
	{Value: "monitor", Label: "watch the monitor, on a wall screen, and read metrics"},
}

// withSelected returns the choices with the selected values marked.
func withSelected(among []ui.Choice, values ...string) []ui.Choice {
	marked := slices.Clone(among)
	for i := range marked {
		marked[i].Selected = slices.Contains(values, marked[i].Value)
	}
	return marked
}

// restriction reads a form's cameras; an empty list means all cameras.
func restriction(text string) []string {
	if names := page.NameList(text); len(names) > 0 {
		return names
	}
	return nil
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

// KeyRevoke revokes a key.
func (h *Handlers) KeyRevoke(c *fiber.Ctx) error { return h.changeAccess(c, keysURL, h.revokeKey) }

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

func (h *Handlers) revokeKey(ctx context.Context, by access.Actor, name string, _ url.Values) (string, error) {
	return "Revoked the key " + name + ".", h.access.RevokeKey(ctx, by, name)
}

// accessForm reads a form about accounts and keys.
func (h *Handlers) accessForm(c *fiber.Ctx) (url.Values, error) {
	if h.access == nil {
		return nil, errNoAccess
	}
	return page.ReadForm(c)
}

var errNoAccess = problem.New(problem.NotFound, "This Postern has no accounts and keys.")

// accessErrors returns the messages that a form shows at its fields; nil for an
// error that isn't about them.
func accessErrors(err error) map[string]string {
	known := problem.Of(err)
	switch {
	case known == nil:
		return nil
	case known.Code == problem.Invalid:
		messages := make(map[string]string, len(known.Fields))
		for _, f := range known.Fields {
			messages[f.Field] = f.Message
		}
		return messages
	case known.Code == problem.Conflict:
		return map[string]string{"": known.Detail}
	}
	return nil
}

// KeysPage lists keys.
func (h *Handlers) KeysPage(c *fiber.Ctx) error {
	return h.renderKeys(c, fiber.StatusOK, accesspages.KeysProps{Flash: h.TakeFlash(c).Flash, Scopes: withSelected(scopeWords, "ingest")})
}

func (h *Handlers) renderKeys(c *fiber.Ctx, status int, props accesspages.KeysProps) error {
	props.Frame, props.Now = h.Frame(c, "Keys", ui.SectionSettings), h.Now()
	if h.access != nil {
		keys, err := h.access.Keys(c.UserContext())
		if err != nil {
			return err
		}
		props.Keys = keys
	}
	return respond.Page(c, status, accesspages.KeysPage(props))
}

// KeyAdd creates a key. The page to which the form redirects shows it once.
func (h *Handlers) KeyAdd(c *fiber.Ctx) error {
	values, err := h.accessForm(c)
	if err != nil {
		return err
	}
	form := accesspages.AccessForm{Name: strings.TrimSpace(values.Get("name")), Cameras: values.Get("cameras"), Expires: values.Get("expires"),
		Producer: strings.TrimSpace(values.Get("producer")), Site: strings.TrimSpace(values.Get("site"))}
	refused := func(status int, errors map[string]string) error {
		form.Errors = errors
		return h.renderKeys(c, status, accesspages.KeysProps{Form: form, Scopes: withSelected(scopeWords, values["scope"]...)})
	}
	expires, err := endOfDay(form.Expires, request.Zone(c))
	if err != nil {
		return refused(fiber.StatusBadRequest, map[string]string{"expires": "Enter a date, for example 2027-03-19."})
	}
	scopes, err := access.ParseScopes(values["scope"])
	if errors := accessErrors(err); errors != nil {
		return refused(fiber.StatusBadRequest, errors)
	}
	key, err := h.access.AddKey(c.UserContext(), h.audit.Actor(c), access.NewKey{Name: form.Name, Scopes: scopes,
		Cameras: restriction(form.Cameras), Producer: form.Producer, Site: form.Site, ExpiresAt: expires})
	if errors := accessErrors(err); errors != nil {
		return refused(respond.ProblemOf(err).Status, errors)
	} else if err != nil {
		return err
	}
	once := []ui.Once{{ID: "made-key", Says: "This is the key. Copy it now: it is not shown again.", Value: key.Reveal()}}
	if slices.Equal(scopes, []account.Scope{account.ScopeMonitor}) {
		once = append(once, ui.Once{
			ID: "made-link", Says: "This link opens the monitor on a wall screen. Anyone with the link can use it while the key is valid.",
			Value: h.Proxies.BaseURL(c) + ui.Path("/monitor?key="+url.QueryEscape(key.Reveal())),
		})
	}
	return h.Redirect(c, keysURL, page.Flash{Flash: ui.Flash{Text: "Created the key " + form.Name + ".", Once: once}})
}

// endOfDay reads a date and returns the time at which it ends in a zone; the zero
// time for no date.
func endOfDay(date string, in *time.Location) (time.Time, error) {
	if date == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, date)
	return event.InZone(day.AddDate(0, 0, 1), in).UTC(), err
}

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
