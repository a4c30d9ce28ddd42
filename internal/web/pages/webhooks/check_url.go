package webhooks

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/respond"
	"postern/views/webhookform"
)

// CheckURL checks a URL before its registration, by name resolution and
// the egress policy. It sends nothing to the URL.
func (h *Handlers) CheckURL(c *fiber.Ctx) error {
	raw := c.Query("url")
	if raw == "" {
		return respond.Page(c, fiber.StatusOK,
			webhookform.URLCheckResult(webhookform.URLCheck{AllowHTTP: h.webhooks.Egress().Policy().AllowHTTP}))
	}
	found := h.webhooks.Egress().Lookup(c.UserContext(), raw)
	shown := webhookform.URLCheck{Wrong: found.Wrong, Problem: found.Problem, Host: found.Host, Plain: found.Plain, More: found.More}
	for _, addr := range found.Addresses {
		shown.Addresses = append(shown.Addresses, addr.String())
	}
	for _, addr := range found.Refused {
		shown.Refused = append(shown.Refused, addr.String())
	}
	return respond.Page(c, fiber.StatusOK, webhookform.URLCheckResult(shown))
}
