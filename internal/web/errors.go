package web

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/views/ui"
)

// statuses maps a problem's code to its HTTP status. It is the one such map.
var statuses = [...]int{
	problem.Invalid:         http.StatusBadRequest,
	problem.TooLarge:        http.StatusRequestEntityTooLarge,
	problem.Unsupported:     http.StatusUnsupportedMediaType,
	problem.Unauthenticated: http.StatusUnauthorized,
	problem.Forbidden:       http.StatusForbidden,
	problem.NotFound:        http.StatusNotFound,
	problem.Conflict:        http.StatusConflict,
	problem.Unprocessable:   http.StatusUnprocessableEntity,
	problem.TooMany:         http.StatusTooManyRequests,
	problem.Unavailable:     http.StatusServiceUnavailable,
	problem.Internal:        http.StatusInternalServerError,
}

// httpProblem is an error as the API answers it (RFC 9457). Handlers return it
// only for statuses that are HTTP's own; the others come from a problem.Error.
type httpProblem struct {
	Type   string          `json:"type"`
	Title  string          `json:"title"`
	Status int             `json:"status"`
	Detail string          `json:"detail"`
	Errors []problem.Field `json:"errors,omitempty"`

	retryAfter time.Duration
}

// Error returns the detail.
func (p httpProblem) Error() string { return p.Detail }

const internalDetail = "Something went wrong inside Postern. Its log has the cause."

// toProblem returns the answer to an error.
func toProblem(err error) httpProblem {
	var p httpProblem
	var framework *fiber.Error
	if known := problem.Of(err); known != nil {
		p = httpProblem{Status: statuses[known.Code], Detail: known.Detail, Errors: known.Fields, retryAfter: known.RetryAfter}
	} else if errors.As(err, &p) {
		// It is complete but for its type and title.
	} else if errors.As(err, &framework) {
		p = httpProblem{Status: framework.Code, Detail: frameworkDetail(framework)}
	} else {
		p = httpProblem{Status: http.StatusInternalServerError, Detail: internalDetail}
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return p
}

// setRetryAfter sets the header in whole seconds, rounded up.
func (p httpProblem) setRetryAfter(header *fasthttp.ResponseHeader) {
	if p.retryAfter > 0 {
		header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
}

func frameworkDetail(err *fiber.Error) string {
	switch err.Code {
	case http.StatusNotFound:
		return "There is nothing at this address. The API begins at " + api + "/events, without a slash at the end; /docs/api describes it."
	case http.StatusMethodNotAllowed:
		return "This address exists, but not for this method; the Allow header names those it has."
	case http.StatusUpgradeRequired:
		return "The websocket handshake is incomplete or of another version. RFC 6455 describes it; a websocket library does it for you."
	default:
		return "Postern can't take this request as it is; /docs/api describes the API."
	}
}

// handleError answers every error: with a page where a person asked for one,
// else with problem+json.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	p := toProblem(err)
	if p.Status == http.StatusInternalServerError || errors.Is(err, database.ErrUnwritable) || errors.Is(err, errUntold) {
		s.log.Error("request failed", slog.String("method", c.Method()), slog.String("route", c.Route().Path), slog.Any("error", err))
	}
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	if wantsPage(c) {
		p.setRetryAfter(&c.Response().Header)
		return render(c, p.Status, ui.ErrorPage(ui.ErrorProps{Frame: s.errorFrame(c, p.Title), Status: p.Status, Detail: p.Detail}))
	}
	writeProblem(c.Response(), p)
	return nil
}

// wantsPage reports whether a browser asked for a page.
func wantsPage(c *fiber.Ctx) bool {
	return !strings.HasPrefix(c.Path(), "/api/") && strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML)
}

// quoteClipped quotes what a client sent for use in a sentence.
func quoteClipped(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return fmt.Sprintf("%q", s)
}
