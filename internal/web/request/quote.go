package request

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// QuoteClipped quotes a client's text for use in a sentence, and shortens it.
func QuoteClipped(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// WantsPage reports whether a browser asked for a page.
func WantsPage(c *fiber.Ctx) bool {
	return !strings.HasPrefix(c.Path(), "/api/") && strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML)
}
