package access

import (
	"context"
	"slices"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/accounts"
)

// ForScreen reports whether a key with the scopes opens a wall screen: its scope is
// monitor, and snapshots where the screen is to show them, and no other.
func ForScreen(scopes []account.Scope) bool {
	return slices.Contains(scopes, account.ScopeMonitor) && !slices.ContainsFunc(scopes, func(s account.Scope) bool {
		return s != account.ScopeMonitor && s != account.ScopeSnapshots
	})
}

// OpenScreen begins the session of a wall screen, with a key that ForScreen allows:
// the screen's link has the key once, and from then on its cookie has
// the session's id. The session ends with the key.
func (s *Service) OpenScreen(ctx context.Context, key Secret, from Origin) (Secret, Principal, error) {
	p, err := s.Key(ctx, key)
	if err != nil {
		return Secret{}, Principal{}, err
	}
	if !ForScreen(p.Scopes) {
		return Secret{}, Principal{}, problem.New(problem.Forbidden,
			"A wall screen takes a key whose only scope is %s, or %s and %s; make one with: postern key add NAME --scope %s",
			account.ScopeMonitor, account.ScopeMonitor, account.ScopeSnapshots, account.ScopeMonitor)
	}
	if err := s.actorLimits.read(p.From(from.Address), time.Now()); err != nil {
		return Secret{}, Principal{}, err
	}
	id := newSessionID()
	err = s.change(ctx, func(tx *accounts.Tx) error {
		keys, err := tx.Keys()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(keys, func(k *account.Key) bool { return k.N == p.key }) {
			return problem.New(problem.Unauthenticated, "This key was revoked just now.")
		}
		now := time.Now()
		row := &account.Session{Hash: id.hash(), Key: p.key, CreatedAt: now, SeenAt: now, Address: addressText(from.Address),
			Agent: shortAgent(from.Agent)}
		if err := s.beginSession(tx, p.From(from.Address), row); err != nil {
			return err
		}
		return record(tx, p.From(from.Address), Entry{Action: ScreenAction})
	})
	if err != nil {
		return Secret{}, Principal{}, err
	}
	opened, err := s.Session(ctx, id)
	return id, opened, err
}
