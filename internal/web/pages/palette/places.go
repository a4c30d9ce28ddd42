package palette

import (
	"cmp"
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/web/request"
	view "postern/views/palette"
	"postern/views/ui"
)

// The largest numbers of suggestions.
const (
	maxOfKind       = 6
	maxDestinations = 20 // without a text
)

// places returns the suggestions for a text, best first: an event with this id,
// then webhooks and cameras, then actions and pages, then the search for people and
// the search of events. Without a text it returns the pages and actions.
func (h *Handlers) places(c *fiber.Ctx, text string) ([]view.Suggestion, error) {
	if text == "" {
		return destinationsFor(c, "", maxDestinations), nil
	}
	found, err := h.event(c, text)
	if err != nil {
		return nil, err
	}
	found = append(found, h.webhooksFor(c, text)...)
	found = append(found, h.camerasFor(c, text)...)
	found = append(found, destinationsFor(c, text, maxOfKind)...)
	return append(found,
		view.Suggestion{Kind: view.Identity, Label: "Find people: " + text, Detail: "on record as a search", Stay: true,
			To: ui.URL("/go?" + url.Values{"q": {text}, "people": {"1"}}.Encode())},
		view.Suggestion{Kind: view.Search, Label: "Search events: " + text, To: ui.SearchURL(text)}), nil
}

// event returns the event with an id of Postern or of its producer.
func (h *Handlers) event(c *fiber.Ctx, id string) ([]view.Suggestion, error) {
	if !event.ValidID(id) {
		return nil, nil
	}
	e, err := h.scoped.Event(c, id)
	if errors.Is(err, event.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	detail := e.ID
	if e.Camera != "" {
		detail = e.Camera + ", " + e.ID
	}
	return []view.Suggestion{{Kind: view.Event, Label: e.Type.Info().Words, Detail: detail, At: e.Time, To: ui.EventURL(e.ID)}}, nil
}

// webhooksFor returns webhooks whose name, URL or id matches, and the actions on them
// that the text begins with.
func (h *Handlers) webhooksFor(c *fiber.Ctx, text string) []view.Suggestion {
	if !request.May(c, access.ReadWebhooks) {
		return nil
	}
	operates := request.May(c, access.OperateWebhooks)
	verb, of, _ := strings.Cut(text, " ")
	var places, actions []ranked
	for _, e := range h.webhooks.Endpoints() {
		state := h.webhooks.Status(e.ID).State
		if r := rank(text, nameOf(e), e.URL+" "+e.ID); r < noMatch {
			places = append(places, ranked{r, view.Suggestion{
				Kind: view.Webhook, Label: nameOf(e), Detail: string(state), To: ui.WebhookURL(e.ID),
			}})
		}
		if r := rank(of, nameOf(e), e.URL+" "+e.ID); operates && r < noMatch {
			if action, ok := actionOn(e, state, verb); ok {
				actions = append(actions, ranked{r, action})
			}
		}
	}
	return append(best(actions, maxOfKind), best(places, maxOfKind)...)
}

// nameOf returns a webhook's name, or its URL where it has none.
func nameOf(e *delivery.Endpoint) string { return cmp.Or(e.Settings.Name, ui.ShortURL(e.URL)) }

// minVerb is the number of letters after which a verb is recognized.
const minVerb = 3

// actionOn returns the action on a webhook whose verb begins with a text.
func actionOn(e *delivery.Endpoint, state delivery.State, text string) (view.Suggestion, bool) {
	text = event.Fold(text)
	means := func(verb string) bool { return len(text) >= minVerb && strings.HasPrefix(verb, text) }
	action := view.Suggestion{Kind: view.Action, Post: true}
	switch {
	case means("pause") && !state.Suspended():
		action.Label, action.To = "Pause "+nameOf(e), ui.WebhookURL(e.ID)+"/pause"
	case means("resume") && state.Suspended():
		action.Label, action.To = "Resume "+nameOf(e), ui.WebhookURL(e.ID)+"/resume"
		action.Detail = "sends its backlog first"
	default:
		return action, false
	}
	return action, true
}

// camerasFor returns cameras of the camera scope whose name, id, site or group
// matches.
func (h *Handlers) camerasFor(c *fiber.Ctx, text string) []view.Suggestion {
	var list []ranked
	for _, camera := range h.scoped.CameraStates(c) {
		label, set := camera.DisplayName(), camera.Settings
		if r := min(rank(text, label, camera.ID+" "+set.Site+" "+set.Group), rank(text, camera.ID, "")); r < noMatch {
			found := view.Suggestion{Kind: view.Camera, Label: label, Detail: set.Site, At: camera.Last, To: ui.CameraURL(camera.ID)}
			if set.Name != "" {
				found.Detail = strings.TrimPrefix(set.Site+", "+camera.ID, ", ")
			}
			list = append(list, ranked{r, found})
		}
	}
	return best(list, maxOfKind)
}

// destinationsFor returns the pages and actions that match and that the principal
// may open.
func destinationsFor(c *fiber.Ctx, text string, limit int) []view.Suggestion {
	var list []ranked
	for _, d := range destinations {
		if r := rank(text, d.label, d.words); r < noMatch && request.May(c, d.needs) {
			list = append(list, ranked{r, view.Suggestion{Kind: d.kind, Label: d.label, To: d.to}})
		}
	}
	return best(list, limit)
}
