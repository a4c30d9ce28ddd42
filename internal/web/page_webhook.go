package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/webhook"
	"postern/views"
)

// pageAttempts is how many attempts a page shows.
const pageAttempts = 50

// webhookPage shows a webhook and what was sent to it.
func (s *Server) webhookPage(c *fiber.Ctx) error {
	endpoint, err := s.endpointView(c.Params("id"))
	if err != nil {
		return err
	}
	failed := c.Query("failed") != ""
	page, err := s.webhooks.Attempts(c.UserContext(), endpoint.ID, webhook.AttemptQuery{
		Limit: pageAttempts, Cursor: c.Query("cursor"), Failed: failed,
	})
	if err != nil {
		return err
	}
	attempts := make([]views.Attempt, len(page.Attempts))
	for i := range page.Attempts {
		attempts[i] = *attemptView(&page.Attempts[i])
	}
	return render(c, fiber.StatusOK, views.WebhookPage(views.WebhookProps{
		Frame:      s.frame("Webhook", views.SectionWebhooks),
		Now:        s.now(),
		Endpoint:   endpoint,
		Attempts:   attempts,
		Older:      page.Next,
		Paged:      c.Query("cursor") != "",
		OnlyFailed: failed,
	}))
}

// endpointViews are all webhooks as pages show them.
func (s *Server) endpointViews() []views.Endpoint {
	endpoints := s.webhooks.Endpoints()
	shown := make([]views.Endpoint, len(endpoints))
	for i, e := range endpoints {
		shown[i] = endpointView(e, s.webhooks.Status(e.ID))
	}
	return shown
}

func (s *Server) endpointView(id string) (views.Endpoint, error) {
	e, err := s.webhooks.Endpoint(id)
	if err != nil {
		return views.Endpoint{}, err
	}
	return endpointView(e, s.webhooks.Status(id)), nil
}

func endpointView(e *webhook.Endpoint, status webhook.Status) views.Endpoint {
	return views.Endpoint{
		ID:        e.ID,
		URL:       e.URL,
		Types:     e.Types,
		HasSecret: e.HasSecret,
		CreatedAt: e.CreatedAt,
		State:     views.State(status.State),
		Waiting:   status.Behind,
		InFlight:  status.InFlight,
		Retrying:  status.Retrying,
		Exhausted: status.Exhausted,
		Delivered: status.Delivered,
		Failed:    status.Failed,
		Last:      attemptView(status.Last),
		LastError: attemptView(status.LastError),
	}
}

func attemptView(a *webhook.Attempt) *views.Attempt {
	if a == nil {
		return nil
	}
	return &views.Attempt{
		EventID:   a.EventID,
		EventType: a.EventType,
		At:        a.At,
		Duration:  a.Duration,
		Try:       a.Try,
		Status:    a.Status,
		OK:        a.OK,
		Class:     a.Class.String(),
		Detail:    a.Detail,
		Response:  a.Response,
	}
}
