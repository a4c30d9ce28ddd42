package accounts

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/views/ui"
)

// AccountPasswordConfirm asks for a confirmation before a password is reset.
func (h *Handlers) AccountPasswordConfirm(c *fiber.Ctx) error {
	return h.accountConfirm(c, askPassword)
}

// AccountDisableConfirm asks for a confirmation before an account is disabled.
func (h *Handlers) AccountDisableConfirm(c *fiber.Ctx) error { return h.accountConfirm(c, askDisable) }

// AccountRemoveConfirm asks for a confirmation before an account is removed.
func (h *Handlers) AccountRemoveConfirm(c *fiber.Ctx) error { return h.accountConfirm(c, askRemove) }

// accountConfirm asks for the confirmation of a change to an account. The form is
// sent to the same path.
func (h *Handlers) accountConfirm(c *fiber.Ctx, props ui.ConfirmProps) error {
	if h.access == nil {
		return errNoAccess
	}
	accounts, err := h.access.Accounts(c.UserContext())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(accounts, func(a *account.Account) bool { return a.Name == c.Query("name") })
	if i < 0 {
		return problem.New(problem.NotFound, "There is no account with this name. It may have been removed.")
	}
	return h.Confirm(c, accountsURL, accounts[i].Name, props)
}

// The questions about accounts.
var (
	askPassword = ui.ConfirmProps{
		Frame: ui.Frame{Title: "Reset this password?", Section: ui.SectionSettings},
		Says: []string{"The current password stops working at once, and all sessions of the account end.",
			"The new password is shown once. Give it to the person, and ask them to change it after signing in."},
		Verb: "Reset the password", Keep: "Keep the password",
	}

	askDisable = ui.ConfirmProps{
		Frame:  ui.Frame{Title: "Disable this account?", Section: ui.SectionSettings},
		Says:   []string{"Its sessions end at once, and it can't sign in until an administrator enables it."},
		Fields: []ui.Fact{{Name: "disabled", Value: "yes"}},
		Verb:   "Disable the account", Keep: "Keep the account enabled",
	}

	askRemove = ui.ConfirmProps{
		Frame: ui.Frame{Title: "Remove this account?", Section: ui.SectionSettings},
		Says: []string{"Its sessions end at once, and it can't sign in again. Its entries stay in the audit.",
			"This can't be undone. To lock a person out for a while, disable the account instead."},
		Verb: "Remove the account", Keep: "Keep it",
	}
)
