package audit

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
	"postern/internal/web/respond"
)

// ErrNotWritten says that the audit can't be written, so that nothing was done.
var ErrNotWritten = &problem.Error{
	Code: problem.Unavailable,
	Detail: "The audit can't be written, and nothing is changed without an entry in it: nothing was. " +
		"Look at Postern's log and the data folder, then send the request again.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("the audit can't be written"),
}

// targetLocal is the key of an entry's target in Fiber's locals.
const targetLocal = "audit target"

// SetTarget sets the target of the audit entry of a change, where the URL
// doesn't have it.
func SetTarget(c *fiber.Ctx, target string) { c.Locals(targetLocal, target) }

// targetsLocal is the key of the outcomes of a change of several targets.
const targetsLocal = "audit targets"

// SetTargets sets the targets of a change that its body names, each with the error of
// its change; nil where it was made. Each gets an entry of its own.
func SetTargets(c *fiber.Ctx, targets []string, errs []error) {
	ended := make([]access.Ended, len(targets))
	for i, target := range targets {
		ended[i] = access.Ended{Target: target, Outcome: access.Done}
		if errs[i] != nil {
			ended[i].Outcome, ended[i].Details = access.Failed, access.Details{"status": respond.ProblemOf(errs[i]).Status}
		}
	}
	c.Locals(targetsLocal, ended)
}

// Change is the audit middleware. It writes an entry before the handler makes
// the change, and the outcome before the response is sent. No change is without
// the first entry, even if the process ends or the disk fills up in between: if
// the entry can't be written, the change isn't made. One entry in the commit of
// each change would have to be passed through all code that changes something,
// and some changes aren't commits.
func (r *Recorder) Change(action access.Action) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if r.access == nil {
			return c.Next()
		}
		target, err := r.target(c, action)
		if err != nil {
			return err
		}
		intent, err := r.access.Begin(c.UserContext(), r.Actor(c), access.Entry{Action: action, Target: target})
		if errors.Is(err, problem.TooMany) {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", err, ErrNotWritten) // a full disk is the better answer
		}
		err = c.Next()
		if failed := intent.End(context.WithoutCancel(c.UserContext()), endedOf(c, err)...); failed != nil {
			// The change is made, and the audit has its beginning.
			r.log.Error("audit entry not written", slog.String("action", string(action)), slog.Int64("began", intent.N()), slog.Any("error", failed))
		}
		return err
	}
}

// target returns the target of a change from the URL. For an erasure it is a
// hash: an erased identity must not stay in the audit.
func (r *Recorder) target(c *fiber.Ctx, action access.Action) (string, error) {
	if action != access.IdentityErase {
		return request.PathID(c), nil
	}
	identity, err := request.PathIdentity(c)
	if err != nil {
		return "", err
	}
	return r.digest(identity), nil
}

// endedOf returns how a change ended, for each of its targets.
func endedOf(c *fiber.Ctx, err error) []access.Ended {
	if several, ok := c.Locals(targetsLocal).([]access.Ended); ok && len(several) > 0 {
		return several
	}
	target, _ := c.Locals(targetLocal).(string)
	outcome, details := outcomeOf(c, err)
	return []access.Ended{{Target: target, Outcome: outcome, Details: details}}
}

// outcomeOf returns the outcome of a change from its response.
func outcomeOf(c *fiber.Ctx, err error) (access.Outcome, access.Details) {
	status := respond.StatusOf(c, err)
	switch {
	case status < fiber.StatusBadRequest:
		return access.Done, nil
	case status == fiber.StatusUnauthorized, status == fiber.StatusForbidden:
		return access.Refused, access.Details{"status": status}
	default:
		return access.Failed, access.Details{"status": status}
	}
}
