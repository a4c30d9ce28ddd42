package webhook

import (
	"context"
	"fmt"
	"time"

	"postern/internal/event"
	"postern/internal/journal"
)

// Bounds of a rotation's overlap.
const (
	DefaultOverlap = 24 * time.Hour
	MaxOverlap     = 30 * 24 * time.Hour
)

// Rotate replaces a webhook's secret by the one given, or by one that it makes
// and returns. For as long as the overlap lasts both secrets sign. Its errors
// are ErrNotFound and *event.InvalidError.
func (s *Service) Rotate(ctx context.Context, id, secret string, overlap time.Duration) (e *Endpoint, made string, err error) {
	if overlap < 0 || overlap > MaxOverlap {
		return nil, "", refuse([]event.FieldError{{Field: "overlap_hours", Message: fmt.Sprintf("must be 0 to %d", int(MaxOverlap.Hours()))}})
	}
	if secret == "" {
		made = newSecret()
		secret = made
	} else if message := checkSecret(secret); message != "" {
		return nil, "", refuse([]event.FieldError{{Field: "secret", Message: message}})
	}
	e, err = s.modify(ctx, id, func(fresh *journal.Endpoint) error {
		fresh.OldSecret, fresh.OldSecretUntil = "", time.Time{}
		if fresh.Secret != "" && overlap > 0 {
			fresh.OldSecret, fresh.OldSecretUntil = fresh.Secret, time.Now().Add(overlap).UTC().Truncate(time.Microsecond)
		}
		fresh.Secret = secret
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return e, made, nil
}

// overlapOf returns when an endpoint's old secret stops signing; zero where
// none signs any more.
func overlapOf(e *journal.Endpoint, now time.Time) time.Time {
	if !now.Before(e.OldSecretUntil) {
		return time.Time{}
	}
	return e.OldSecretUntil
}

// EndOverlap lets only the newest secret sign from now on.
func (s *Service) EndOverlap(ctx context.Context, id string) (*Endpoint, error) {
	return s.modify(ctx, id, func(fresh *journal.Endpoint) error {
		fresh.OldSecret, fresh.OldSecretUntil = "", time.Time{}
		return nil
	})
}
