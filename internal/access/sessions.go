package access

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/accounts"
)

// Sessions returns all sessions, or those of p's account where p lacks the
// permission ManageAccess; the most recently used first.
func (s *Service) Sessions(ctx context.Context, p Principal) ([]*account.Session, error) {
	state, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	all := Authorize(p, ManageAccess) == nil
	now := time.Now()
	var list []*account.Session
	for _, g := range state.sessionsOf(func(row *account.Session) bool { return all || p.account != 0 && row.Account == p.account }) {
		if !g.expired(now) {
			copied := *g.row
			copied.Name, copied.SeenAt, copied.ExpiresAt = g.principal.Name, usedAt(g), g.endsAt().UTC()
			list = append(list, &copied)
		}
	}
	return list, nil
}

// EndSession ends a session: one of p's account, or any session where p has the
// permission ManageAccess.
func (s *Service) EndSession(ctx context.Context, p Principal, from netip.Addr, n int64) error {
	return s.change(ctx, func(tx *accounts.Tx) error {
		rows, err := tx.Sessions()
		if err != nil {
			return err
		}
		for _, row := range rows {
			own := p.account != 0 && row.Account == p.account || p.Session == n && n != 0
			if row.N != n || !own && Authorize(p, ManageAccess) != nil {
				continue
			}
			if err := tx.RemoveSession(n); err != nil {
				return err
			}
			return record(tx, p.From(from), Entry{Action: SignOutAction, Target: s.ownerOf(row)})
		}
		return problem.New(problem.NotFound, "There is no such session. It may have ended already.")
	})
}

// ownerOf returns the name of a session's account or key.
func (s *Service) ownerOf(row *account.Session) string {
	if g := s.snapshot.Load().granted[grantID{session: true, hash: row.Hash}]; g != nil {
		return g.principal.Name
	}
	return ""
}

// SignOut ends the principal's own session; none is no error.
func (s *Service) SignOut(ctx context.Context, p Principal, from netip.Addr) error {
	if p.Session == 0 || p.Ended() {
		return nil
	}
	return s.EndSession(ctx, p, from, p.Session)
}

// endSessions ends an account's sessions except one.
func endSessions(tx *accounts.Tx, owner, except int64) (ended int, err error) {
	rows, err := tx.Sessions()
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		if row.Account == owner && row.N != except {
			if err := tx.RemoveSession(row.N); err != nil {
				return ended, err
			}
			ended++
		}
	}
	return ended, nil
}

// beginSession adds a session. Where its account or key has too many, the one that
// was used longest ago ends.
func (s *Service) beginSession(tx *accounts.Tx, by Actor, row *account.Session) error {
	rows, err := tx.Sessions()
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(rows, func(r *account.Session) bool { return r.Account != row.Account || r.Key != row.Key })
	seen := func(r *account.Session) time.Time {
		if g := s.snapshot.Load().granted[grantID{session: true, hash: r.Hash}]; g != nil {
			return usedAt(g) // newer than what is written
		}
		return r.SeenAt
	}
	slices.SortStableFunc(own, func(a, b *account.Session) int { return seen(a).Compare(seen(b)) })
	for len(own) >= maxSessions {
		if err := s.endForAnother(tx, by, own[0]); err != nil {
			return err
		}
		own = own[1:]
	}
	return tx.AddSession(row)
}
