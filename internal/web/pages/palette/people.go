package palette

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	view "postern/views/palette"
	"postern/views/ui"
)

// Bounds of the search for people.
const (
	maxExamined = 200 // matching events
	maxPeople   = 20
)

// people returns the identities whose label or id matches a text, from the newest
// events that match it. The search is audited as any search by text.
func (h *Handlers) people(c *fiber.Ctx, text string) ([]view.Suggestion, error) {
	found, err := h.scoped.Search(c, event.Query{Filter: event.Filter{Text: text}, Limit: maxExamined})
	if err != nil {
		return nil, err
	}
	var people []view.Suggestion
	var known []string
	for _, e := range found.Events {
		identity := e.IdentityID()
		if identity == "" || rank(text, e.Label(), identity) == noMatch || slices.Contains(known, identity) || len(known) == maxPeople {
			continue
		}
		known = append(known, identity)
		label, detail := e.Label(), identity
		if label == "" {
			label, detail = identity, ""
		}
		people = append(people, view.Suggestion{Kind: view.Identity, Label: label, Detail: detail, At: e.Time, To: ui.SearchURL(identity)})
	}
	return append(people, view.Suggestion{Kind: view.Search, Label: "Search events: " + text, To: ui.SearchURL(text)}), nil
}
