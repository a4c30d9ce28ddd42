package web

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/webhook"
	"postern/views"
)

// problem is an error as the API answers it (RFC 9457).
type problem struct {
	Type   string             `json:"type"`
	Title  string             `json:"title"`
	Status int                `json:"status"`
	Detail string             `json:"detail"`
	Errors []event.FieldError `json:"errors,omitempty"`

	retryAfter string
}

// problemError is a refusal that the web layer itself decides on.
type problemError struct {
	status int
	detail string
}

func (e problemError) Error() string { return e.detail }

const wentWrong = "Something went wrong inside Postern. Its log has the cause."

// toProblem is the one map from errors to statuses.
func toProblem(err error) problem {
	var invalid *event.InvalidError
	var own problemError
	var refusal *access.Refusal
	var held *store.HeldError
	var damaged *store.DamagedError
	var tooMany *webhook.TooManySecretsError
	var rotated *webhook.RotatedError
	var framework *fiber.Error
	var named eventErrors
	p := problem{Type: "about:blank"}
	if errors.As(err, &named) {
		p.Errors = named.events
	}
	switch {
	case errors.As(err, &invalid):
		p.Status, p.Detail, p.Errors = http.StatusBadRequest, invalid.Detail, invalid.Fields
		if invalid.TooLarge {
			p.Status = http.StatusRequestEntityTooLarge
		}
	case errors.As(err, &refusal):
		p.Status, p.Detail = refusalStatus(err), refusal.Error()
		if refusal.RetryAfter > 0 {
			p.retryAfter = strconv.Itoa(int(math.Ceil(refusal.RetryAfter.Seconds())))
		}
	case errors.As(err, &own):
		p.Status, p.Detail = own.status, own.detail
	case errors.Is(err, errLiveFull):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable,
			"As many live pages are open as Postern serves at once. Close some, or try again later.", "10"
	case errors.Is(err, errStreamsFull):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable,
			"As many streams are open as Postern serves at once. Close some, or try again later.", "10"
	case errors.Is(err, errAnswersFull):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable,
			"Many large answers wait to be read. Send the request again in a moment, with a smaller limit, or use /events/stream.", "2"
	case errors.Is(err, event.ErrConflict):
		p.Status, p.Detail = http.StatusConflict, conflictDetail(err)
	case errors.Is(err, event.ErrNotFound):
		p.Status, p.Detail = http.StatusNotFound, "There is no event with this id. It may have been removed by retention."
	case errors.Is(err, store.ErrNoAlert):
		p.Status, p.Detail = http.StatusConflict, "This event is not an alert, so there is nothing to acknowledge. Alerts are events of type "+
			strings.Join(event.UrgentTypes.Names(), ", ")+"."
	case errors.Is(err, store.ErrTooManyCameras):
		p.Status, p.Detail = http.StatusConflict, "As many cameras have a setting as may have one. Remove that of a camera that is gone: set it to null."
	case errors.Is(err, webhook.ErrNotFound):
		p.Status, p.Detail = http.StatusNotFound, "There is no webhook with this id. It may have been removed."
	case errors.Is(err, webhook.ErrNoSecret):
		p.Status, p.Detail = http.StatusNotFound, "This webhook has no older secret with this id that still signs. It may have ended. The newest secret can only be rotated."
	case errors.As(err, &tooMany):
		p.Status, p.Detail = http.StatusConflict, tooMany.Error()
	case errors.As(err, &rotated):
		p.Status, p.Detail = http.StatusConflict, rotated.Error()
	case errors.Is(err, webhook.ErrNoAttempt):
		p.Status, p.Detail = http.StatusNotFound, "This webhook has no attempt with this id. It may have been removed by retention."
	case errors.Is(err, webhook.ErrNotWaiting):
		p.Status, p.Detail = http.StatusConflict, "This event doesn't wait for a retry at this webhook. It may have been delivered or exhausted meanwhile."
	case errors.Is(err, store.ErrNoReplay):
		p.Status, p.Detail = http.StatusNotFound, "This webhook has no replay with this id."
	case errors.Is(err, webhook.ErrCursor):
		p.Status, p.Detail = http.StatusBadRequest, badCursor
	case errors.As(err, &damaged):
		p.Status, p.Detail = http.StatusInternalServerError, fmt.Sprintf("Event number %d can't be read: it was changed on the disk. Run postern verify, and restore it from a backup.", damaged.Seq)
	case errors.As(err, &held):
		p.Status, p.Detail = http.StatusConflict, "This identity, or an event of it, is under the legal hold "+held.Hold+". Nothing was erased. Release the hold first, if that may be."
	case errors.Is(err, store.ErrNoHold):
		p.Status, p.Detail = http.StatusNotFound, "There is no hold with this id. It may have been released."
	case errors.Is(err, store.ErrTooManyHolds):
		p.Status, p.Detail = http.StatusConflict, fmt.Sprintf("There are %d holds already, which is as many as Postern keeps. Release one first.", store.MaxHolds)
	case errors.Is(err, store.ErrErasing):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable, "An erasure is under way, which a hold can't stop. Send the request again once it is done.", "2"
	case errors.Is(err, store.ErrTooManyErasures):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable, "Many erasures are under way. Send this one again once some of them are done.", "10"
	case errors.Is(err, store.ErrReplaced):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable, troubleWords[store.TroubleReplaced].sentences, "60"
	case errors.Is(err, store.ErrFull):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable,
			"The disk is full; nothing of the request was kept. Send it again once there is room.", "10"
	case errors.Is(err, store.ErrUnwritable):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable,
			"The store can't be written; nothing of the request was kept. Look at Postern's log and the data folder, then send it again.", "10"
	case errors.Is(err, errUntold):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable,
			"The audit can't be written, and nothing is changed without an entry in it: nothing was. Look at Postern's log and the data folder, then send the request again.", "10"
	case errors.Is(err, hub.ErrClosed), errors.Is(err, webhook.ErrStopped):
		p.Status, p.Detail, p.retryAfter = http.StatusServiceUnavailable, "Postern is stopping. Send the request again in a moment.", "5"
	case errors.As(err, &framework):
		p.Status, p.Detail = framework.Code, frameworkDetail(framework)
	default:
		p.Status, p.Detail = http.StatusInternalServerError, wentWrong
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// refusalStatus is the status of a refusal by kind.
func refusalStatus(err error) int {
	for kind, status := range map[error]int{
		access.ErrUnauthenticated: http.StatusUnauthorized, access.ErrForbidden: http.StatusForbidden, access.ErrNotFound: http.StatusNotFound,
		access.ErrConflict: http.StatusConflict, access.ErrTooMany: http.StatusTooManyRequests, access.ErrBusy: http.StatusServiceUnavailable,
	} {
		if errors.Is(err, kind) {
			return status
		}
	}
	return http.StatusForbidden
}

func conflictDetail(err error) string {
	var taken *store.TakenError
	if errors.As(err, &taken) {
		more := ""
		if n := len(taken.Events) + taken.More - 1; n > 0 {
			more = fmt.Sprintf(" So are the ids of %d more.", n)
		}
		return fmt.Sprintf("The id %q (event [%d]) is taken by an event with other content.%s Nothing of the request was accepted. Choose another id, or leave it out and Postern makes one.", taken.Events[0].ID, taken.Events[0].Index, more)
	}
	return "An id is taken by an event with other content. Nothing of the request was accepted."
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
	if p.Status == http.StatusInternalServerError || errors.Is(err, store.ErrUnwritable) || errors.Is(err, errUntold) {
		s.log.Error("request failed", slog.String("method", c.Method()), slog.String("route", c.Route().Path), slog.Any("error", err))
	}
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	if wantsPage(c) {
		if p.retryAfter != "" {
			c.Set(fiber.HeaderRetryAfter, p.retryAfter)
		}
		return render(c, p.Status, views.ErrorPage(views.ErrorProps{Frame: s.errorFrame(c, p.Title), Status: p.Status, Detail: p.Detail}))
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
