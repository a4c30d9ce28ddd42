package access

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"postern/internal/account"
	"postern/internal/store/accounts"
)

// snapshot is every account, key and session at one moment, ready for lookups.
// It never changes: a change makes a new one.
type snapshot struct {
	accounts []*account.Account // by name
	keys     []*account.Key     // by name
	byName   map[string]*account.Account
	byNumber map[int64]*account.Account
	granted  map[grantID]*grant
}

// grantID is a key's hash, or that of a session's id.
type grantID struct {
	session bool
	hash    account.Hash
}

// rights are all that a grant allows. A change of any of it ends the grant.
type rights struct {
	account, key, session int64
	name                  string
	role                  account.Role
	scopes, cameras       string
	all                   bool
	expires               time.Time
}

// grant is what a key or a session is allowed, for as long as that stays the
// same.
type grant struct {
	rights    rights
	principal Principal
	row       *account.Session // nil for a key
	idle      time.Duration    // ends it when unused for as long; zero means never
	done      chan struct{}
	ended     atomic.Bool
	used      atomic.Int64 // Unix microseconds; zero means never
	written   atomic.Int64 // the used that the store has
}

// end closes done, once. The caller holds Service.mu.
func (g *grant) end() {
	if !g.ended.Swap(true) {
		close(g.done)
	}
}

// endsAt returns when the grant expires unless it is used until then; zero means
// never.
func (g *grant) endsAt() time.Time {
	end := g.rights.expires
	if g.idle > 0 {
		if rest := time.UnixMicro(g.used.Load()).Add(g.idle); end.IsZero() || rest.Before(end) {
			end = rest
		}
	}
	return end
}

// expired reports whether the grant has expired by now.
func (g *grant) expired(now time.Time) bool {
	end := g.endsAt()
	return !end.IsZero() && !now.Before(end)
}

// newSnapshot makes a snapshot of what the store holds. A grant with the rights
// that it had before stays the same one, with its channel and its time of use.
func newSnapshot(a *accounts.All, before *snapshot, opts *Options) *snapshot {
	s := &snapshot{accounts: a.Accounts, keys: a.Keys,
		byName: map[string]*account.Account{}, byNumber: map[int64]*account.Account{}, granted: map[grantID]*grant{}}
	for _, one := range a.Accounts {
		s.byName[fold(one.Name)], s.byNumber[one.N] = one, one
	}
	keys := map[int64]*account.Key{}
	for _, key := range a.Keys {
		keys[key.N] = key
		s.add(grantID{hash: key.Hash}, keyGrant(key), key.UsedAt, before)
	}
	for _, row := range a.Sessions {
		var g *grant
		if owner := s.byNumber[row.Account]; owner != nil && !owner.Disabled() {
			g = accountGrant(owner, row, opts)
		} else if key := keys[row.Key]; key != nil {
			g = keyGrant(key)
			g.rights.session, g.principal.Session = row.N, row.N
			g.idle = opts.ScreenIdle
		} else {
			continue // its account was disabled, or is gone
		}
		g.row = row
		s.add(grantID{session: true, hash: row.Hash}, g, row.SeenAt, before)
	}
	return s
}

// add adds a grant, or the one from before if its rights are the same.
func (s *snapshot) add(id grantID, g *grant, used time.Time, before *snapshot) {
	if !used.IsZero() {
		g.used.Store(used.UnixMicro())
		g.written.Store(used.UnixMicro())
	}
	if before != nil {
		if old := before.granted[id]; old != nil && old.rights == g.rights && !old.ended.Load() {
			s.granted[id] = old
			return
		}
	}
	g.done = make(chan struct{})
	g.principal.done = g.done
	s.granted[id] = g
}

func keyGrant(k *account.Key) *grant {
	return &grant{
		rights: rights{
			key: k.N, name: k.Name, scopes: join(k.Scopes, " "), cameras: strings.Join(k.Cameras.Names(), "\x00"), all: k.Cameras.All(),
			expires: k.ExpiresAt,
		},
		principal: Principal{Kind: Program, Name: k.Name, Scopes: k.Scopes, Cameras: k.Cameras, Producer: k.Producer, Site: k.Site, key: k.N},
	}
}

func accountGrant(a *account.Account, row *account.Session, opts *Options) *grant {
	return &grant{
		idle: opts.SessionIdle,
		rights: rights{
			account: a.N, session: row.N, name: a.Name, role: a.Role, cameras: strings.Join(a.Cameras.Names(), "\x00"), all: a.Cameras.All(),
			expires: row.CreatedAt.Add(opts.SessionLife),
		},
		principal: Principal{
			Kind: Person, Name: a.Name, Role: a.Role, Cameras: a.Cameras, Producer: kindAccount + ":" + a.Name, Session: row.N, account: a.N,
		},
	}
}

// sessionsOf returns the sessions that match, newest use first.
func (s *snapshot) sessionsOf(of func(*account.Session) bool) []*grant {
	var list []*grant
	for id, g := range s.granted {
		if id.session && of(g.row) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *grant) int {
		if a.used.Load() != b.used.Load() {
			return int(min(max(b.used.Load()-a.used.Load(), -1), 1))
		}
		return int(b.row.N - a.row.N)
	})
	return list
}
