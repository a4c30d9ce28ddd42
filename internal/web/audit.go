package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/problem"
	"postern/internal/web/request"
)

// errNotAudited says that the audit can't be written, so that nothing was done.
var errNotAudited = &problem.Error{
	Code: problem.Unavailable,
	Detail: "The audit can't be written, and nothing is changed without an entry in it: nothing was. " +
		"Look at Postern's log and the data folder, then send the request again.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("the audit can't be written"),
}

// auditTargetLocal is the key in Fiber's locals with which a handler sets the
// target of the audit entry, where the URL doesn't have it.
const auditTargetLocal = "audit target"

// audited is the audit middleware. It writes an entry before the handler makes
// the change, and the outcome before the response is sent. No change is without
// the first entry, even if the process ends or the disk fills up in between: if
// the entry can't be written, the change isn't made. One entry in the commit of
// each change would have to be passed through all code that changes something,
// and some changes aren't commits.
func (s *Server) audited(action access.Action) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if s.access == nil {
			return c.Next()
		}
		target, err := s.auditTarget(c, action)
		if err != nil {
			return err
		}
		intent, err := s.access.Begin(c.UserContext(), s.actor(c), access.Entry{Action: action, Target: target})
		if errors.Is(err, problem.TooMany) {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", err, errNotAudited) // a full disk is the better answer
		}
		err = c.Next()
		target, _ = c.Locals(auditTargetLocal).(string)
		outcome, details := outcomeOf(c, err)
		if failed := intent.End(context.WithoutCancel(c.UserContext()), outcome, target, details); failed != nil {
			// The change is made, and the audit has its beginning.
			s.log.Error("audit entry not written", slog.String("action", string(action)), slog.Int64("began", intent.N()), slog.Any("error", failed))
		}
		return err
	}
}

// auditTarget returns the target of a change from the URL. For an erasure it is a
// hash: an erased identity must not stay in the audit.
func (s *Server) auditTarget(c *fiber.Ctx, action access.Action) (string, error) {
	if action != access.IdentityErase {
		return request.PathID(c), nil
	}
	identity, err := identityParam(c)
	if err != nil {
		return "", err
	}
	return s.store.Secrets.Digest(identity), nil
}

// outcomeOf returns the outcome of a change from its response.
func outcomeOf(c *fiber.Ctx, err error) (access.Outcome, access.Details) {
	status := statusOf(c, err)
	switch {
	case status < fiber.StatusBadRequest:
		return access.Done, nil
	case status == fiber.StatusUnauthorized, status == fiber.StatusForbidden:
		return access.Refused, access.Details{"status": status}
	default:
		return access.Failed, access.Details{"status": status}
	}
}
