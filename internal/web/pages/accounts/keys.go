package accounts

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
	accesspages "postern/views/access"
	"postern/views/ui"
)

var scopeWords = []ui.Choice{
	{Value: "ingest", Label: "post events"},
	{Value: "read", Label: "read and export events, live and past"},
	{Value: "snapshots", Label: "see the snapshots of events"},
	{Value: "manage", Label: "register, change and operate webhooks"},
	{Value: "monitor", Label: "watch the monitor, on a wall screen, and read metrics"},
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
	if access.ForScreen(scopes) {
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

// KeyRevoke revokes a key.
func (h *Handlers) KeyRevoke(c *fiber.Ctx) error { return h.changeAccess(c, keysURL, h.revokeKey) }

func (h *Handlers) revokeKey(ctx context.Context, by access.Actor, name string, _ url.Values) (string, error) {
	return "Revoked the key " + name + ".", h.access.RevokeKey(ctx, by, name)
}

// KeyRevokeConfirm asks for a confirmation before a key is revoked.
func (h *Handlers) KeyRevokeConfirm(c *fiber.Ctx) error {
	if h.access == nil {
		return errNoAccess
	}
	keys, err := h.access.Keys(c.UserContext())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k *account.Key) bool { return k.Name == c.Query("name") })
	if i < 0 {
		return problem.New(problem.NotFound, "There is no key with this name. It may have been revoked.")
	}
	return h.Confirm(c, keysURL, keys[i].Name, ui.ConfirmProps{
		Frame: ui.Frame{Title: "Revoke this key?", Section: ui.SectionSettings},
		Says: []string{"From then on, requests with this key are refused, and its open connections and wall screens close.",
			"This can't be undone. A new key has a different secret."},
		Verb: "Revoke the key", Keep: "Keep it",
	})
}
