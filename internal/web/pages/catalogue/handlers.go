package catalogue

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/problem"
	"postern/internal/web/audit"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	view "postern/views/catalogue"
	"postern/views/ui"
)

// Handlers are the handlers of the catalogue.
type Handlers struct {
	*page.Shell

	hub *hub.Hub
}

// New returns the handlers.
func New(shell *page.Shell, events *hub.Hub) *Handlers {
	return &Handlers{Shell: shell, hub: events}
}

// sampleID is the id of a sample that was sent, for the page.
type sampleID string

// CataloguePage shows the event types.
func (h *Handlers) CataloguePage(c *fiber.Ctx) error {
	done := h.TakeFlash(c)
	sent, _ := done.Detail.(sampleID)
	return respond.Page(c, fiber.StatusOK, view.Page(view.Props{
		Frame: h.Frame(c, "Event types", ""), BaseURL: h.Proxies.BaseURL(c), MaySend: request.May(c, access.Ingest), Flash: done.Flash,
		Sent: string(sent),
	}))
}

// SampleSend publishes a sample of an event type.
func (h *Handlers) SampleSend(c *fiber.Ctx) error {
	typ, err := event.ParseType(c.Params("type"))
	if err != nil {
		return problem.New(problem.NotFound, "There is no event type with this name.")
	}
	sample, err := newSample(typ, h.Now())
	if err != nil {
		return err
	}
	audit.SetTarget(c, sample.ID)
	if _, err := h.hub.Publish(c.UserContext(), []*event.Event{sample}); err != nil {
		return err
	}
	return h.Redirect(c, ui.Path("/docs/events"), page.Flash{
		Flash: ui.Flash{Text: "Sent a sample of " + typ.Info().Words + "."}, Detail: sampleID(sample.ID),
	})
}
