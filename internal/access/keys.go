package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/accounts"
)

// Keys returns every key, by name.
func (s *Service) Keys(ctx context.Context) ([]*account.Key, error) {
	state, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*account.Key, len(state.keys))
	for i, k := range state.keys {
		copied := *k
		copied.UsedAt = usedAt(state.granted[grantID{hash: k.Hash}])
		copied.Screens = len(state.sessionsOf(func(row *account.Session) bool { return row.Key == k.N }))
		list[i] = &copied
	}
	return list, nil
}

func usedAt(g *grant) time.Time {
	if used := g.used.Load(); used != 0 {
		return time.UnixMicro(used).UTC()
	}
	return time.Time{}
}

// NewKey is a key to be added.
type NewKey struct {
	Name      string // as an account's; unique among keys
	Scopes    []account.Scope
	Cameras   []string  // nil means all; not together with manage
	Producer  string    // empty means Name
	Site      string    // only with ingest; empty for none
	ExpiresAt time.Time // zero means never
}

// AddKey makes a key and returns it. Nothing returns it again.
func (s *Service) AddKey(ctx context.Context, by Actor, k NewKey) (Secret, error) {
	if err := checkName(k.Name); err != nil {
		return Secret{}, err
	}
	if _, err := ParseScopes(strings.Fields(join(k.Scopes, " "))); err != nil {
		return Secret{}, err
	}
	if k.Cameras != nil && slices.Contains(k.Scopes, account.ScopeManage) {
		return Secret{}, problem.InvalidField("cameras",
			"Cameras can't be given together with the scope manage, which concerns all cameras; make two keys.")
	}
	if k.Producer == "" {
		k.Producer = k.Name
	}
	if err := checkNameOf("producer", k.Producer); err != nil {
		return Secret{}, err
	}
	if k.Site != "" {
		if err := checkNameOf("site", k.Site); err != nil {
			return Secret{}, err
		}
		if !slices.Contains(k.Scopes, account.ScopeIngest) {
			return Secret{}, problem.InvalidField("site", "The site needs the scope ingest: it is where the events come from that the key posts.")
		}
	}
	cameras, err := checkCameras(k.Cameras)
	if err != nil {
		return Secret{}, err
	}
	if !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(time.Now()) {
		return Secret{}, problem.InvalidField("expires", "The time of expiry is in the past.")
	}
	key := newKey()
	err = s.change(ctx, func(tx *accounts.Tx) error {
		keys, err := tx.Keys()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(keys, func(other *account.Key) bool { return fold(other.Name) == fold(k.Name) }) {
			return problem.New(problem.Conflict, "There is a key %s already. Choose another name, or revoke that one first.", k.Name)
		}
		if len(keys) >= MaxKeys {
			return problem.New(problem.Conflict, "There are %d keys already, and no more than that can be. Revoke one first.", MaxKeys)
		}
		row := &account.Key{Name: k.Name, Scopes: k.Scopes, Hash: key.hash(), Hint: key.Reveal()[:hintLength], Cameras: cameras,
			Producer: k.Producer, Site: k.Site, CreatedAt: tx.Now(), ExpiresAt: k.ExpiresAt}
		if err := tx.AddKey(row); err != nil {
			return err
		}
		details := Details{"scopes": k.Scopes, "cameras": scopeDetail(cameras), "hint": row.Hint, "producer": row.Producer}
		if row.Site != "" {
			details["site"] = row.Site
		}
		if !k.ExpiresAt.IsZero() {
			details["expires"] = k.ExpiresAt.UTC().Format(time.RFC3339)
		}
		return record(tx, by, Entry{Action: KeyAdd, Target: k.Name, Details: details})
	})
	if err != nil {
		return Secret{}, err
	}
	return key, nil
}

// RevokeKey revokes a key and ends the wall screens that were opened with it.
func (s *Service) RevokeKey(ctx context.Context, by Actor, name string) error {
	return s.change(ctx, func(tx *accounts.Tx) error {
		keys, err := tx.Keys()
		if err != nil {
			return err
		}
		for _, k := range keys {
			if fold(k.Name) != fold(name) {
				continue
			}
			if err := tx.RemoveKey(k.N); err != nil {
				return err
			}
			return record(tx, by, Entry{Action: KeyRevoke, Target: k.Name, Details: Details{"hint": k.Hint}})
		}
		return problem.New(problem.NotFound, "There is no key %s. List them with: postern key list", plain(name))
	})
}
