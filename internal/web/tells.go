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

// errUntold says that the audit can't be written, so that nothing was done.
var errNotAudited = &problem.Error{
	Code: problem.Unavailable,
	Detail: "The audit can't be written, and nothing is changed without an entry in it: nothing was. " +
		"Look at Postern's log and the data folder, then send the request again.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("the audit can't be written"),
}

// toldLocal is where a handler leaves what the audit should name, where that
// isn't in the address.
const auditTargetLocal = "told"

// tells writes to the audit that a change begins, before the handler makes
// it, and how it ended, before its answer leaves. No change is without the
// first entry, even if the process ends or the disk fills up in between: what
// can't be told isn't done. One entry in the same commit as each change would
// have to be carried through all that makes changes, and some aren't commits.
func (s *Server) audited(did access.Action) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if s.access == nil {
			return c.Next()
		}
		target, err := s.auditTarget(c, did)
		if err != nil {
			return err
		}
		intent, err := s.access.Begin(c.UserContext(), s.actor(c), access.Entry{Action: did, Target: target})
		if errors.Is(err, problem.TooMany) {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", err, errNotAudited) // a full disk is the better answer
		}
		err = c.Next()
		target, _ = c.Locals(auditTargetLocal).(string)
		outcome, details := howItEnded(c, err)
		if untold := intent.End(context.WithoutCancel(c.UserContext()), outcome, target, details); untold != nil {
			// The change stays, and the audit has its beginning.
			s.log.Error("audit entry not written", slog.String("action", string(did)), slog.Int64("began", intent.N()), slog.Any("error", untold))
		}
		return err
	}
}

// tellsOf is what a change is made to, as far as the address says. Who is
// erased is not to live on in the audit: it gets a hash.
func (s *Server) auditTarget(c *fiber.Ctx, did access.Action) (string, error) {
	if did != access.IdentityErase {
		return request.PathID(c), nil
	}
	identity, err := identityParam(c)
	if err != nil {
		return "", err
	}
	return s.store.Digest(identity), nil
}

// howItEnded reads from an answer what became of a change.
func howItEnded(c *fiber.Ctx, err error) (access.Outcome, access.Details) {
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
