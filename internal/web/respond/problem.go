package respond

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/problem"
)

// ProblemType is the content type of every error (RFC 9457).
const ProblemType = "application/problem+json"

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

// Problem is the body of an error response (RFC 9457). Handlers return it only
// for statuses without a code; all other errors are a problem.Error.
type Problem struct {
	Type   string          `json:"type"`
	Title  string          `json:"title"`
	Status int             `json:"status"`
	Detail string          `json:"detail"`
	Errors []problem.Field `json:"errors,omitempty"`

	RetryAfter time.Duration `json:"-"`
}

// Error returns the detail.
func (p Problem) Error() string { return p.Detail }

// InternalDetail is the detail of an error that isn't the client's.
const InternalDetail = "Something went wrong inside Postern. Its log has the cause."

// ProblemOf returns the response to an error.
func ProblemOf(err error) Problem {
	var p Problem
	var framework *fiber.Error
	if known := problem.Of(err); known != nil {
		p = Problem{Status: statuses[known.Code], Detail: known.Detail, Errors: known.Fields, RetryAfter: known.RetryAfter}
	} else if errors.As(err, &p) {
		// It is complete but for its type and title.
	} else if errors.As(err, &framework) {
		p = Problem{Status: framework.Code, Detail: frameworkDetail(framework)}
	} else {
		p = Problem{Status: http.StatusInternalServerError, Detail: InternalDetail}
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return p
}

// SetRetryAfter sets the header in whole seconds, rounded up.
func (p Problem) SetRetryAfter(header *fasthttp.ResponseHeader) {
	if p.RetryAfter > 0 {
		header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
}

func frameworkDetail(err *fiber.Error) string {
	switch err.Code {
	case http.StatusNotFound:
		return "There is nothing at this address. The API begins at /api/v1/events, without a slash at the end; /docs/api describes it."
	case http.StatusMethodNotAllowed:
		return "This address exists, but not for this method; the Allow header names those it has."
	case http.StatusUpgradeRequired:
		return "The websocket handshake is incomplete or of another version. RFC 6455 describes it; a websocket library does it for you."
	default:
		return "Postern can't take this request as it is; /docs/api describes the API."
	}
}

// WriteProblem writes a problem into a response.
func WriteProblem(answer *fasthttp.Response, p Problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	body, err := json.Marshal(p)
	if err != nil { // a string that isn't UTF-8
		p.Status, p.Detail, p.Errors = http.StatusInternalServerError, InternalDetail, nil
		p.Title = http.StatusText(p.Status)
		body, _ = json.Marshal(p)
	}
	p.SetRetryAfter(&answer.Header)
	answer.SetStatusCode(p.Status)
	answer.Header.SetContentType(ProblemType)
	answer.SetBody(body)
}

// StatusOf returns the status of the response to a handler's outcome.
func StatusOf(c *fiber.Ctx, err error) int {
	if err != nil {
		return ProblemOf(err).Status
	}
	return c.Response().StatusCode()
}
