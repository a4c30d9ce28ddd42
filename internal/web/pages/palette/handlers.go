package palette

import (
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
	"postern/internal/webhook"
	view "postern/views/palette"
	"postern/views/ui"
)

// Handlers are the handlers of the palette.
type Handlers struct {
	*page.Shell

	webhooks *webhook.Service
	scoped   *scoped.Service
}

// New returns the handlers.
func New(shell *page.Shell, hooks *webhook.Service, within *scoped.Service) *Handlers {
	return &Handlers{Shell: shell, webhooks: hooks, scoped: within}
}

// SearchPage shows the suggestions as a page.
func (h *Handlers) SearchPage(c *fiber.Ctx) error {
	text, found, err := h.suggest(c)
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, view.SearchPage(view.Props{Frame: h.Frame(c, "Go to", ""), Text: text, Suggestions: found}))
}

// Suggestions answers with the suggestions as the palette's options.
func (h *Handlers) Suggestions(c *fiber.Ctx) error {
	_, found, err := h.suggest(c)
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, view.Options(found, h.Now()))
}

// suggest reads the text and returns the suggestions for it.
func (h *Handlers) suggest(c *fiber.Ctx) (text string, found []view.Suggestion, err error) {
	text = strings.TrimSpace(c.Query("q"))
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > ui.MaxPaletteText {
		return "", nil, problem.InvalidField("q", "The text must be valid UTF-8 of at most %d characters.", ui.MaxPaletteText)
	}
	if c.Query("people") != "" && text != "" {
		found, err = h.people(c, text)
	} else {
		found, err = h.places(c, text)
	}
	return text, found, err
}
