package web

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"postern/internal/store/database"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// handleError answers every error: with a page if the request accepts one,
// otherwise with problem+json.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	p := respond.ProblemOf(err)
	if p.Status == http.StatusInternalServerError || errors.Is(err, database.ErrUnwritable) || errors.Is(err, audit.ErrNotWritten) {
		s.log.Error("request failed", slog.String("method", c.Method()), slog.String("route", c.Route().Path), slog.Any("error", err))
	}
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	if request.WantsPage(c) {
		p.SetRetryAfter(&c.Response().Header)
		return s.pages.ErrorPage(c, p)
	}
	respond.WriteProblem(c.Response(), p)
	return nil
}
