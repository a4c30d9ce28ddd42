package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/trace"
	"postern/internal/web/respond"
)

// traced runs the handler of an ingest request within a span, if tracing is on. A
// request without the permission doesn't reach it, so it has no span.
func (s *Server) traced(handler fiber.Handler) fiber.Handler {
	if s.tracer == nil {
		return handler
	}
	return func(c *fiber.Ctx) error {
		ctx, request := s.tracer.Request(c.UserContext(), c.Get(trace.Header))
		c.SetUserContext(ctx)
		err := handler(c)
		request.End(respond.StatusOf(c, err))
		return err
	}
}
