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
	"postern/views/ui"
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
		return respond.Page(c, p.Status, ui.ErrorPage(ui.ErrorProps{Frame: s.errorFrame(c, p.Title), Status: p.Status, Detail: p.Detail}))
	}
	respond.WriteProblem(c.Response(), p)
	return nil
}
