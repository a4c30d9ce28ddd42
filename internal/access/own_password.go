package access

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"postern/internal/problem"
	"postern/internal/store/accounts"
)

// ChangePassword sets the password of p's account, if the current one is right,
// and ends its other sessions. It has the limits of SignIn.
func (s *Service) ChangePassword(ctx context.Context, p Principal, from netip.Addr, current, next Secret) error {
	if err := Authorize(p, OwnAccount); err != nil {
		return err
	}
	if err := CheckPassword(p.Name, next); err != nil {
		return err
	}
	state, err := s.current(ctx)
	if err != nil {
		return err
	}
	known := state.byName[fold(p.Name)]
	if known == nil || p.Ended() {
		return problem.New(problem.Unauthenticated, "Your session has ended. Sign in again.")
	}
	attempt, err := s.beginAttempt(state, p.Name, known, from)
	if err != nil {
		return err
	}
	same, _, err := s.hasher.verify(ctx, known.Password, current)
	if err != nil {
		attempt.refund(time.Now())
		return err
	}
	if !same {
		if err := s.wrongPassword(ctx, known, from); !errors.Is(err, problem.Unauthenticated) {
			return err
		}
		return problem.InvalidField("current", "This is not the account's password.")
	}
	attempt.succeed(time.Now())
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *accounts.Tx) error {
		_, a, err := findAccount(tx, p.Name)
		if err != nil || a.N != known.N || a.Password != known.Password {
			return problem.New(problem.Conflict, "The account has just changed. Try again.")
		}
		a.Password, a.PasswordAt = hash, time.Now()
		if err := tx.PutAccount(a); err != nil {
			return err
		}
		ended, err := endSessions(tx, a.N, p.Session)
		if err != nil {
			return err
		}
		return record(tx, p.From(from), Entry{Action: AccountPassword, Target: a.Name, Details: Details{"sessions_ended": ended}})
	})
}
