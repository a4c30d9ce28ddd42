package webhooks

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/audit"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/webhook"
	endpointview "postern/views/endpoint"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// selection are the webhooks that a form of the list selects, and the list to which
// it returns.
type selection struct {
	ids  []string
	back string
}

// selected reads a form of the list: the webhook of a row's button, or the selected
// rows, or all webhooks that the list's query selects.
func (h *Handlers) selected(c *fiber.Ctx) (selection, error) {
	form, err := page.ReadForm(c)
	if err != nil {
		return selection{}, err
	}
	values, err := url.ParseQuery(form.Get("query"))
	if err != nil {
		return selection{}, problem.InvalidField("query", "The list's filter could not be read.")
	}
	q, err := listQuery(values)
	if err != nil {
		return selection{}, err
	}
	s := selection{back: string(ui.URL("/webhooks"))}
	if len(values) > 0 {
		s.back += "?" + webhookpages.ListQuery(q).Encode()
	}
	switch only := form.Get("only"); {
	case only != "":
		s.ids = []string{only}
	case form.Get("all") != "":
		for _, one := range h.webhooks.List(q) {
			s.ids = append(s.ids, one.ID)
		}
	default:
		s.ids = request.Dedupe(form["webhook"])
	}
	if len(s.ids) > webhook.MaxEndpoints {
		return s, problem.InvalidField("webhook", "At most %d webhooks can be selected.", webhook.MaxEndpoints)
	}
	return s, nil
}

// PauseSeveral pauses the webhooks that are selected in the list.
func (h *Handlers) PauseSeveral(c *fiber.Ctx) error {
	s, err := h.selected(c)
	if err != nil {
		return err
	}
	return h.several(c, s, "Paused", "Nothing is lost: new events are queued until you resume.", h.webhooks.PauseEach(c.UserContext(), s.ids))
}

// ResumeSeveral resumes the webhooks that are selected in the list.
func (h *Handlers) ResumeSeveral(c *fiber.Ctx) error {
	s, err := h.selected(c)
	if err != nil {
		return err
	}
	return h.several(c, s, "Resumed", "Queued events are sent first, then new ones.",
		h.webhooks.ResumeEach(c.UserContext(), s.ids, webhook.SendWaiting))
}

// TestSeveral sends a test event to the webhooks that are selected in the list.
func (h *Handlers) TestSeveral(c *fiber.Ctx) error {
	s, err := h.selected(c)
	if err != nil {
		return err
	}
	if len(s.ids) > webhook.MaxTests {
		return h.Redirect(c, s.back, page.Said("Nothing was sent: at most "+ui.Count(webhook.MaxTests)+" webhooks are tested together."))
	}
	results, errs := h.webhooks.TestEach(c.UserContext(), s.ids, event.FaceMatched.String())
	failures := make([]string, len(s.ids))
	for i := range results {
		if errs[i] == nil && !results[i].Attempt.OK() {
			failures[i] = endpointview.OutcomeText(&results[i].Attempt)
		}
	}
	audit.SetTargets(c, s.ids, errs)
	return h.Redirect(c, s.back, page.Said(h.testText(s.ids, errs, failures)))
}

// several ends a form of the list: the list says what became of the webhooks.
func (h *Handlers) several(c *fiber.Ctx, s selection, done, means string, errs []error) error {
	audit.SetTargets(c, s.ids, errs)
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
		}
	}
	ok := len(errs) - failed
	var text string
	switch {
	case len(errs) == 0:
		text = "No webhook was selected."
	case len(errs) == 1 && ok == 1:
		text = done + " " + h.called(s.ids[0]) + ". " + means
	case ok > 0:
		text = done + " " + ui.Counted(int64(ok), "webhook", "webhooks") + ". " + means
	}
	if failed > 0 {
		text = strings.TrimSpace(text + " " + ui.Counted(int64(failed), "webhook was", "webhooks were") + " not changed: " +
			firstProblem(errs))
	}
	return h.Redirect(c, s.back, page.Said(text))
}

// maxNamed is how many webhooks a message names.
const maxNamed = 5

// testText says which webhooks' receivers didn't accept the test event.
func (h *Handlers) testText(ids []string, errs []error, failures []string) string {
	var bad []string
	for i, id := range ids {
		switch {
		case errs[i] != nil:
			bad = append(bad, h.called(id)+" (not sent)")
		case failures[i] != "":
			bad = append(bad, h.called(id)+" ("+ui.LowerFirst(failures[i])+")")
		}
	}
	switch {
	case len(ids) == 0:
		return "No webhook was selected."
	case len(bad) == 0 && len(ids) == 1:
		return h.called(ids[0]) + " accepted the test event."
	case len(bad) == 0:
		return "All " + ui.Count(int64(len(ids))) + " webhooks accepted the test event."
	}
	text := ui.Count(int64(len(ids)-len(bad))) + " of " + ui.Counted(int64(len(ids)), "webhook", "webhooks") +
		" accepted the test event. Not accepted by " + strings.Join(bad[:min(maxNamed, len(bad))], ", ")
	if more := len(bad) - maxNamed; more > 0 {
		text += " and " + ui.Count(int64(more)) + " more"
	}
	return text + "."
}

// called names a webhook in a message.
func (h *Handlers) called(id string) string {
	e, err := h.webhooks.Endpoint(id)
	if err != nil {
		return id
	}
	return endpointview.Endpoint{URL: e.URL, Settings: delivery.Settings{Name: e.Settings.Name}}.Called()
}

// firstProblem is the detail of the first error.
func firstProblem(errs []error) string {
	for _, err := range errs {
		if p := problem.Of(err); p != nil {
			return p.Detail
		}
	}
	return "Something went wrong inside Postern. Its log has the cause."
}
