package web

import (
	"bytes"

	"github.com/gofiber/fiber/v2"

	"postern/internal/memory"
)

// boundAnswer counts a large answer to a GET, whatever its route, against the
// budget for answers until its client has read it. Answers that are sent while
// they are made, such as exports and streams, hold little; metrics must not fail
// when they are needed.
func (s *Server) boundAnswer(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	answer := c.Response()
	if c.Method() != fiber.MethodGet || c.Path() == "/metrics" || answer.IsBodyStream() || len(answer.Body()) <= freeAnswerBytes {
		return nil
	}
	body := answer.Body()
	length := int64(len(body))
	if !s.answers.Take(length) {
		answer.ResetBody()
		for _, of := range []string{fiber.HeaderContentEncoding, fiber.HeaderLink, headerDamaged} {
			answer.Header.Del(of)
		}
		return errAnswersFull
	}
	if own := answer.SwapBody(nil); len(own) > 0 {
		body = own // the answer's buffer, which would be used again
	}
	c.Context().SetBodyStream(&countedBody{*bytes.NewReader(body), length, s.answers}, len(body))
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
