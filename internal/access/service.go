package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/store/accounts"
)

// Defaults of Options.
const (
	DefaultSessionIdle = 12 * time.Hour
	DefaultSessionLife = 7 * 24 * time.Hour
	DefaultScreenIdle  = 30 * 24 * time.Hour
	DefaultRetainAudit = 365 * 24 * time.Hour
)

// How often Run ends expired sessions and keys, writes times of use, and trims
// the audit.
const (
	expireEvery = 250 * time.Millisecond
	flushEvery  = time.Minute
	trimEvery   = time.Hour
)

// Options are a service's settings; the zero value works.
type Options struct {
	// SessionIdle ends a session that wasn't used for as long, SessionLife any
	// session, however often it is used; zero means the defaults.
	SessionIdle, SessionLife time.Duration
	// ScreenIdle ends a wall screen's session that wasn't used for as long.
	ScreenIdle time.Duration
	// RetainAudit is how long audit entries are kept at least; they are removed
	// within a day of it.
	RetainAudit time.Duration
	// Logger gets the errors of Run; nil means none.
	Logger *slog.Logger

	params params // ownParams but for tests
}

// WithCheapPasswords is for tests of other packages, which sign in often: a
// password's hash costs a thousandth of a real one.
func (o Options) WithCheapPasswords() Options {
	o.params = cheapParams
	return o
}

func (o *Options) setDefaults() {
	for _, d := range []struct {
		value   *time.Duration
		without time.Duration
	}{{&o.SessionIdle, DefaultSessionIdle}, {&o.SessionLife, DefaultSessionLife}, {&o.ScreenIdle, DefaultScreenIdle},
		{&o.RetainAudit, DefaultRetainAudit}} {
		if *d.value <= 0 {
			*d.value = d.without
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.params == (params{}) {
		o.params = ownParams
	}
}

// Service answers which permissions a session or key has, and changes accounts,
// keys and sessions. Its methods are safe for concurrent use.
type Service struct {
	store       *store.Store
	opts        Options
	hasher      *hasher
	signIns     *signInLimits
	refusals    *refusalLog
	actorLimits *actorLimits

	snapshot atomic.Pointer[snapshot]
	outdated atomic.Bool // a change was committed that snapshot lacks
	mu       sync.Mutex  // held while snapshot is replaced and grants are ended
}

// New reads the accounts, keys and sessions. It starts nothing; Run does the
// rest. The store may have no other Service.
func New(ctx context.Context, j *store.Store, opts Options) (*Service, error) {
	opts.setDefaults()
	s := &Service{
		store: j, opts: opts, hasher: newHasher(opts.params), signIns: newSignInLimits(), refusals: new(refusalLog),
		actorLimits: newActorLimits(),
	}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Run ends expired sessions and keys, writes when each was used last, and trims
// the audit, until ctx ends. It returns nil then.
func (s *Service) Run(ctx context.Context) error {
	expire, flush, trim := time.NewTicker(expireEvery), time.NewTicker(flushEvery), time.NewTicker(trimEvery)
	defer expire.Stop()
	defer flush.Stop()
	defer trim.Stop()
	s.report(ctx, "trim audit", s.trimAudit(ctx))
	for {
		select {
		case <-ctx.Done():
			// The uses since the last flush are worth one more write.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.report(last, "write times of use", s.flush(last))
			return nil
		case <-expire.C:
			s.endExpired()
		case <-flush.C:
			s.report(ctx, "write times of use", s.flush(ctx))
		case <-trim.C:
			s.report(ctx, "trim audit", s.trimAudit(ctx))
		}
	}
}

func (s *Service) report(ctx context.Context, step string, err error) {
	if err != nil && ctx.Err() == nil {
		s.opts.Logger.Error("access maintenance failed", slog.String("step", step), slog.Any("error", err))
	}
}

// refresh replaces the snapshot by what the store holds, and ends the grants
// that changed.
func (s *Service) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	read, err := s.store.Accounts.Read(ctx)
	if err != nil {
		return err
	}
	before := s.snapshot.Load()
	after := newSnapshot(read, before, &s.opts)
	s.snapshot.Store(after)
	s.outdated.Store(false)
	if before == nil {
		return nil
	}
	for id, g := range before.granted {
		if after.granted[id] != g {
			g.end()
		}
	}
	return nil
}

// current returns the snapshot. Where it lacks a change and can't be read, it
// returns the error: a right may have ended with that change.
func (s *Service) current(ctx context.Context) (*snapshot, error) {
	if s.outdated.Load() {
		if err := s.refresh(ctx); err != nil {
			return nil, err
		}
	}
	return s.snapshot.Load(), nil
}

// endExpired ends the grants that have expired.
func (s *Service) endExpired() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, g := range s.snapshot.Load().granted {
		if g.expired(now) {
			g.end()
		}
	}
}

// refuseAll ends every grant, and has the next request read the snapshot again.
func (s *Service) refuseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outdated.Store(true)
	for _, g := range s.snapshot.Load().granted {
		g.end()
	}
}

// flush writes when keys and sessions were used last, and removes expired
// sessions.
func (s *Service) flush(ctx context.Context) error {
	now := time.Now()
	type use struct {
		g  *grant
		at int64
	}
	var uses []use
	var expired []int64
	for id, g := range s.snapshot.Load().granted {
		if id.session && g.expired(now) {
			expired = append(expired, g.row.N)
		} else if at := g.used.Load(); at > g.written.Load() {
			uses = append(uses, use{g, at})
		}
	}
	if len(uses)+len(expired) == 0 {
		return nil
	}
	err := s.store.Accounts.Change(ctx, func(tx *accounts.Tx) error {
		for _, u := range uses {
			at := time.UnixMicro(u.at)
			var err error
			if u.g.row != nil {
				err = tx.SeenSession(u.g.row.N, at)
			} else {
				err = tx.UsedKey(u.g.principal.key, at)
			}
			if err != nil {
				return err
			}
		}
		for _, n := range expired {
			if err := tx.RemoveSession(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write times of use: %w", err)
	}
	for _, u := range uses {
		u.g.written.Store(u.at)
	}
	if len(expired) == 0 {
		return nil
	}
	// The snapshot still has the sessions that were removed.
	if err := s.refresh(context.WithoutCancel(ctx)); err != nil {
		s.outdated.Store(true)
		return fmt.Errorf("read accounts and keys: %w", err)
	}
	return nil
}

// change commits a change together with its audit entry. It holds once change
// returns. Where the change can't be read back, no request is allowed until it
// can: the change may have taken a right away.
func (s *Service) change(ctx context.Context, do func(*accounts.Tx) error) error {
	err := s.store.Accounts.Change(ctx, do)
	if isRefusal(err) {
		return err
	}
	unread := s.refresh(context.WithoutCancel(ctx))
	if unread != nil {
		s.refuseAll()
		s.opts.Logger.Error("accounts and keys can't be read; every request is refused", slog.Any("error", unread))
	}
	return errors.Join(err, unread)
}

// isRefusal reports whether err says that a change was refused, so that nothing
// has changed. After an error of the store, which has the code
// problem.Unavailable or none, the change may have been committed.
func isRefusal(err error) bool {
	p := problem.Of(err)
	return p != nil && p.Code != problem.Unavailable && p.Code != problem.Internal
}

// use notes that a grant is used, and returns its principal.
func (s *Service) use(g *grant) Principal {
	now := time.Now().UnixMicro()
	for {
		used := g.used.Load()
		if now <= used || g.used.CompareAndSwap(used, now) {
			return g.principal
		}
	}
}

// Key returns the principal of a key. Its errors have the code
// problem.Unauthenticated, or are the store's.
func (s *Service) Key(ctx context.Context, key Secret) (Principal, error) {
	if err := checkKey(key.Reveal()); err != nil {
		return Principal{}, err
	}
	state, err := s.current(ctx)
	if err != nil {
		return Principal{}, err
	}
	g := state.granted[grantID{hash: key.hash()}]
	if g == nil {
		return Principal{}, problem.New(problem.Unauthenticated,
			"This key isn't known here: it was revoked, or belongs to another Postern. Ask an administrator for a new one.")
	}
	if g.expired(time.Now()) {
		return Principal{}, problem.New(problem.Unauthenticated, "The key %s expired on %s. Ask an administrator for a new one.",
			g.principal.Name, g.rights.expires.UTC().Format(time.DateOnly))
	}
	return s.use(g), nil
}

// Session returns the principal of a session, and counts as a use of it. Its
// errors have the code problem.Unauthenticated, or are the store's. A response
// that lasts for hours is one use, at its beginning.
func (s *Service) Session(ctx context.Context, id Secret) (Principal, error) {
	g, err := s.session(ctx, id)
	if err != nil {
		return Principal{}, err
	}
	return s.displayed(s.use(g)), nil
}

// displayed returns a principal with the display of its account. That isn't in the
// grant, which a change would end.
func (s *Service) displayed(p Principal) Principal {
	if a := s.snapshot.Load().byNumber[p.account]; a != nil {
		p.Display = a.Display
	}
	return p
}

func (s *Service) session(ctx context.Context, id Secret) (*grant, error) {
	state, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	g := state.granted[grantID{session: true, hash: id.hash()}]
	if g == nil || g.expired(time.Now()) {
		return nil, problem.New(problem.Unauthenticated, "Your session has ended. Sign in again.")
	}
	return g, nil
}

// BackgroundSession is Session for a background request, which an open page
// sends by itself. It doesn't count as a use of a person's session: that would
// never end. It counts for a wall screen, which sends no other requests.
func (s *Service) BackgroundSession(ctx context.Context, id Secret) (Principal, error) {
	g, err := s.session(ctx, id)
	if err != nil {
		return Principal{}, err
	}
	if g.principal.Kind == Person {
		return s.displayed(g.principal), nil
	}
	return s.use(g), nil
}

// HasAdministrator reports whether an administrator exists who can sign in.
func (s *Service) HasAdministrator() bool {
	return administrators(s.snapshot.Load().accounts) > 0
}

func administrators(accounts []*account.Account) (n int) {
	for _, a := range accounts {
		if a.Role == account.Administrator && !a.Disabled() {
			n++
		}
	}
	return n
}
