package access

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"postern/internal/store"
)

// ChangePassword gives the account of p another password, if the current one
// is right, and ends its other sessions. The limits are those of SignIn.
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
		return refuse(ErrUnauthenticated, "Your session has ended. Sign in again.")
	}
	attempt, err := s.beginTry(state, p.Name, known, from)
	if err != nil {
		return err
	}
	same, _, err := s.hasher.verify(ctx, known.Password, current)
	if err != nil {
		attempt.takeBack(time.Now())
		return err
	}
	if !same {
		if err := s.wrongPassword(ctx, known, from); !errors.Is(err, ErrUnauthenticated) {
			return err
		}
		return invalid("current", "This is not the account's password.")
	}
	attempt.right(time.Now())
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *store.AccessTx) error {
		_, a, err := findAccount(tx, p.Name)
		if err != nil || a.N != known.N || a.Password != known.Password {
			return refuse(ErrConflict, "The account has just changed. Try again.")
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
