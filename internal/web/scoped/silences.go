package scoped

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/silence"
	"postern/internal/store/silences"
	"postern/internal/web/audit"
	"postern/internal/web/request"
)

// ErrSilenceScope says that a silence is about cameras outside the principal's scope.
var ErrSilenceScope = problem.New(problem.Forbidden,
	"Your account or key is restricted to some cameras, so a silence that you make or end must name cameras, and only these.")

// MaxSilences is how many silences a list has, newest first.
const MaxSilences = 500

// mayChangeSilence reports whether a silence is about cameras of the scope alone.
func mayChangeSilence(scope account.CameraScope, m silence.Match) bool {
	return scope.All() || len(m.Cameras) > 0 && m.Webhook == "" &&
		!slices.ContainsFunc(m.Cameras, func(name string) bool { return !scope.Allow(name) })
}

// Silences returns the silences that concern cameras in the principal's scope: those
// that haven't ended, oldest first, or with ended all of them, newest first.
func (s *Service) Silences(c *fiber.Ctx, ended bool) ([]*silence.Silence, error) {
	list := s.store.Silences.Current()
	if ended {
		var err error
		if list, err = s.store.Silences.List(c.UserContext(), MaxSilences); err != nil {
			return nil, err
		}
	}
	var seen []*silence.Silence
	for _, one := range list {
		if one = one.Seen(request.Principal(c).Cameras); one != nil {
			seen = append(seen, one)
		}
	}
	return seen, nil
}

// Silence returns the silence with an id, as the principal may see it.
func (s *Service) Silence(c *fiber.Ctx, id string) (*silence.Silence, error) {
	one, err := s.store.Silences.Get(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	return seenSilence(c, one)
}

// SilenceOf returns the silence that an event's Silence names.
func (s *Service) SilenceOf(c *fiber.Ctx, n int64) (*silence.Silence, error) {
	one, err := s.store.Silences.ByNumber(c.UserContext(), n)
	if err != nil {
		return nil, err
	}
	return seenSilence(c, one)
}

func seenSilence(c *fiber.Ctx, one *silence.Silence) (*silence.Silence, error) {
	if one = one.Seen(request.Principal(c).Cameras); one == nil {
		return nil, silences.ErrNone
	}
	return one, nil
}

// MakeSilence stores a silence.
func (s *Service) MakeSilence(c *fiber.Ctx, one *silence.Silence) error {
	if err := one.Check(one.CreatedAt); err != nil {
		return err
	}
	if !mayChangeSilence(request.Principal(c).Cameras, one.Match) {
		return ErrSilenceScope
	}
	if err := s.store.Silences.Create(c.UserContext(), one); err != nil {
		return err
	}
	audit.SetTarget(c, one.ID)
	return nil
}

// EndSilence ends a silence now.
func (s *Service) EndSilence(c *fiber.Ctx, id, by string) (*silence.Silence, error) {
	audit.SetTarget(c, id)
	whole, err := s.store.Silences.Get(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	if _, err := seenSilence(c, whole); err != nil {
		return nil, err
	}
	if !mayChangeSilence(request.Principal(c).Cameras, whole.Match) {
		return nil, ErrSilenceScope
	}
	return s.store.Silences.End(c.UserContext(), id, by)
}
