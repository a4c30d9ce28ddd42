package respond

import (
	"bytes"

	"github.com/gofiber/fiber/v2"

	"postern/internal/memory"
)

// Bound counts a large response to a GET against the budget until its client has
// read it. Exports and streams don't count: they hold little. Neither do metrics,
// which must not fail when they are needed.
func Bound(budget *memory.Budget) fiber.Handler {
	return func(c *fiber.Ctx) error { return bound(c, budget) }
}

func bound(c *fiber.Ctx, budget *memory.Budget) error {
	if err := c.Next(); err != nil {
		return err
	}
	answer := c.Response()
	if c.Method() != fiber.MethodGet || c.Path() == "/metrics" || answer.IsBodyStream() || len(answer.Body()) <= FreeBytes {
		return nil
	}
	body := answer.Body()
	length := int64(len(body))
	if !budget.Take(length) {
		answer.ResetBody()
		for _, of := range []string{fiber.HeaderContentEncoding, fiber.HeaderLink, HeaderDamaged} {
			answer.Header.Del(of)
		}
		return ErrAnswersFull
	}
	if own := answer.SwapBody(nil); len(own) > 0 {
		body = own // the answer's buffer, which would be used again
	}
	c.Context().SetBodyStream(&countedBody{*bytes.NewReader(body), length, budget}, len(body))
	return nil
}

// countedBody is the body of an answer that counts against a budget. fasthttp
// closes it in every case.
type countedBody struct {
	bytes.Reader
	length int64
	budget *memory.Budget
}

// Close returns the answer's bytes to the budget.
func (b *countedBody) Close() error {
	b.budget.Give(b.length)
	b.length = 0
	b.Reset(nil)
	return nil
}
