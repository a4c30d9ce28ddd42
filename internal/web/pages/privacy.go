package pages

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/request"
	"postern/internal/web/respond"
	eventpages "postern/views/events"
	"postern/views/ui"
)

// IdentityErasePage shows the data that an erasure removes, and asks for a
// confirmation.
func (h *Handlers) IdentityErasePage(c *fiber.Ctx) error {
	identity, err := request.PathIdentity(c)
	if err != nil {
		return err
	}
	known, err := h.scoped.Identity(c, identity)
	if err != nil {
		return err
	}
	props := eventpages.EraseProps{
		Frame: h.Frame(c, "Erase identity?", ui.SectionEvents), Now: h.Now(), Identity: identity,
		Events: known.Events, Attempts: known.Attempts, Pending: known.Pending, Erasing: known.Erasing,
	}
	for _, e := range known.Erased {
		props.Erased = append(props.Erased, eventpages.Erased{At: e.At, Events: e.Events})
	}
	if known.Events == 0 {
		props.Title = "Identity"
	}
	return respond.Page(c, fiber.StatusOK, eventpages.ErasePage(props))
}

// IdentityErase erases an identity, and redirects to the page that shows it.
func (h *Handlers) IdentityErase(c *fiber.Ctx) error {
	identity, err := request.PathIdentity(c)
	if err != nil {
		return err
	}
	if _, err := h.scoped.Erase(c, identity); err != nil {
		return err
	}
	return c.Redirect(string(ui.EraseURL(identity)), fiber.StatusSeeOther)
}
