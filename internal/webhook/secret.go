package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
)

// Bounds of a rotation.
const (
	DefaultOverlap = 24 * time.Hour
	MaxOverlap     = 30 * 24 * time.Hour
	// MaxSecrets is the maximum number of secrets that sign a webhook's
	// deliveries.
	MaxSecrets = 8
)

// ErrNoSecret means that the webhook has no older secret with the id that still
// signs.
var ErrNoSecret = problem.New(problem.NotFound,
	"This webhook has no older secret with this id that still signs. It may have ended. The newest secret can only be rotated.")

// TooManySecretsError refuses a rotation because MaxSecrets secrets sign.
type TooManySecretsError struct {
	Next time.Time // when the next of them stops signing
}

func (e *TooManySecretsError) Error() string {
	return fmt.Sprintf("%d secrets already sign this webhook's deliveries, which is the maximum. "+
		"The next one stops signing at %s: rotate after that, or end an older secret first.",
		MaxSecrets, event.FormatTime(e.Next))
}

// Unwrap returns the problem for the client.
func (e *TooManySecretsError) Unwrap() error { return problem.New(problem.Conflict, "%s", e.Error()) }

// RotatedError refuses a rotation because the secrets have changed since the
// requester saw them.
type RotatedError struct{ Signing int }

func (e *RotatedError) Error() string {
	return fmt.Sprintf("The secret was rotated meanwhile: %s now. Nothing was changed.", howManySign(e.Signing))
}

// Unwrap returns the problem for the client.
func (e *RotatedError) Unwrap() error { return problem.New(problem.Conflict, "%s", e.Error()) }

func howManySign(n int) string {
	switch n {
	case 0:
		return "no secret signs"
	case 1:
		return "one secret signs"
	default:
		return fmt.Sprintf("%d secrets sign", n)
	}
}

// Rotation is a change of the secret during which the previous one continues to
// sign.
type Rotation struct {
	Secret  string        // the new one; empty to generate one
	Overlap time.Duration // the time for which the previous one signs too
	// Seen is the number of signing secrets that the requester has seen. A
	// different number means that another rotation came between. Nil skips this
	// check.
	Seen *int
}

// Rotate replaces a webhook's secret by the one given, or by one that it makes
// and returns. The previous secret continues to sign during the overlap, and
// older ones until their own ends. Its errors are ErrNotFound,
// *problem.Error, *TooManySecretsError and *RotatedError.
func (s *Service) Rotate(ctx context.Context, id string, r Rotation) (e *delivery.Endpoint, made string, err error) {
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return nil, "", refuse([]problem.Field{{Field: "overlap_hours",
			Message: fmt.Sprintf("The overlap must be 0 to %d hours.", int(MaxOverlap.Hours()))}})
	}
	if r.Secret == "" {
		made = delivery.GenerateSecret()
		r.Secret = made
	} else if message := delivery.CheckSecret(r.Secret); message != "" {
		return nil, "", refuse([]problem.Field{{Field: "secret", Message: message}})
	}
	e, err = s.modify(ctx, id, s.store.Deliveries.UpdateSecrets, func(fresh *deliveries.EndpointRecord) error {
		secrets, err := r.apply(fresh.Secrets, time.Now())
		fresh.SetSecrets(secrets)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return e, made, nil
}

// apply returns the secrets that sign after the rotation of those that sign now.
func (r Rotation) apply(live delivery.Secrets, now time.Time) (delivery.Secrets, error) {
	if r.Seen != nil && *r.Seen != len(live) {
		return nil, &RotatedError{len(live)}
	}
	if len(live) > 0 && live[0].Text == r.Secret {
		return nil, refuse([]problem.Field{{Field: "secret", Message: "The secret is the one that signs already."}})
	}
	after := delivery.NewSecrets(r.Secret)
	for i, one := range live {
		if i == 0 {
			one.Until = now.Add(r.Overlap).UTC().Truncate(time.Microsecond)
		}
		// A secret that becomes the newest again has no end any more.
		if one.Text != r.Secret && now.Before(one.Until) {
			after = append(after, one)
		}
	}
	if len(after) > MaxSecrets {
		return nil, &TooManySecretsError{live.NextEnd()}
	}
	return after, nil
}

// EndOverlap ends an older secret, or all of them where id is empty. Its errors
// are ErrNotFound and ErrNoSecret.
func (s *Service) EndOverlap(ctx context.Context, webhook, id string) (*delivery.Endpoint, error) {
	return s.modify(ctx, webhook, s.store.Deliveries.UpdateSecrets, func(fresh *deliveries.EndpointRecord) error {
		live := fresh.Secrets
		switch i := slices.IndexFunc(live, func(one delivery.Secret) bool { return one.ID == id }); {
		case id == "":
			live = live[:min(1, len(live))]
		case i < 1: // the newest has no end
			return ErrNoSecret
		default:
			live = slices.Delete(live, i, i+1)
		}
		fresh.SetSecrets(live)
		return nil
	})
}
