package scoped

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/webhook"
)

// Preview finds the newest events that a filter matches. Conditions may name a
// person. A preview with conditions is audited like a search, with their hash.
func (s *Service) Preview(c *fiber.Ctx, types []string, settings delivery.Settings) (webhook.Preview, error) {
	found, err := s.webhooks.Preview(c.UserContext(), types, settings)
	if err != nil || len(settings.Conditions) == 0 {
		return found, err
	}
	conditions, err := event.ParseConditions(settings.Conditions)
	if err != nil || conditions.Empty() {
		return found, err
	}
	return found, s.audit.Preview(c, conditions)
}
