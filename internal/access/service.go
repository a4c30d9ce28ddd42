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
	"postern/internal/store"
)

// Defaults of Options.
const (
	DefaultSessionIdle = 12 * time.Hour
	DefaultSessionLife = 7 * 24 * time.Hour
	DefaultScreenIdle  = 30 * 24 * time.Hour
	DefaultRetainAudit = 365 * 24 * time.Hour
)

// MaxStale is how long a change that another process made may take to hold:
// where the store can't be read for longer, nobody is let in.
const MaxStale = time.Second

// MaxBlind is how long what is open goes on where the store can't be read:
// a right may have ended meanwhile, and nobody would know.
const MaxBlind = 10 * time.Second

// How often Run looks for changes, writes times of use, and trims the audit.
const (
	pollEvery  = 250 * time.Millisecond
	flushEvery = time.Minute
	trimEvery  = time.Hour
)

// Options are a service's settings; the zero value works.
type Options struct {
	// SessionIdle ends a session that wasn't used for as long, SessionLife
	// any, however busy; zero means the defaults.
	SessionIdle, SessionLife time.Duration
	// ScreenIdle ends a wall screen's session that wasn't used for as long.
	ScreenIdle time.Duration
	// RetainAudit is how long audit entries are kept at least; they go within
	// a day of it.
	RetainAudit time.Duration
	// Logger gets what Run couldn't do; nil means none.
	Logger *slog.Logger

	params params // ownParams but for tests
}

// WithCheapPasswords is for tests of other packages, which sign in often:
// hashing a password costs a thousandth of what it costs in earnest.
func (o Options) WithCheapPasswords() Options {
	o.params = cheapParams
	return o
}

func (o *Options) setDefaults() {
	for _, d := range []struct {
		value   *time.Duration
		without time.Duration
	}{{&o.SessionIdle, DefaultSessionIdle}, {&o.SessionLife, DefaultSessionLife}, {&o.ScreenIdle, DefaultScreenIdle}, {&o.RetainAudit, DefaultRetainAudit}} {
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

// Service decides who may do what. Its methods are safe for concurrent use.
type Service struct {
	store   *store.Store
	opts    Options
	hasher  *hasher
	limits  *limits
	refused *refusals
	paces   *paces

	state   atomic.Pointer[state]
	checked atomic.Int64 // when state was known to be right, Unix microseconds
	mu      sync.Mutex   // held by who replaces state or ends grants
}

// New reads what the store holds. It starts nothing; Run does the rest.
func New(ctx context.Context, j *store.Store, opts Options) (*Service, error) {
	opts.setDefaults()
	s := &Service{store: j, opts: opts, hasher: newHasher(opts.params), limits: newLimits(), refused: new(refusals), paces: newPaces()}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Run notices what other processes change, ends what expires, writes when
// what was used last, and trims the audit, until ctx ends. It returns nil then.
func (s *Service) Run(ctx context.Context) error {
	poll, flush, trim := time.NewTicker(pollEvery), time.NewTicker(flushEvery), time.NewTicker(trimEvery)
	defer poll.Stop()
	defer flush.Stop()
	defer trim.Stop()
	failing := false
	s.report(ctx, "trim audit", s.trimAudit(ctx))
	for {
		select {
		case <-ctx.Done():
			// What was used since the last flush is worth one more write.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.report(last, "write times of use", s.flush(last))
			return nil
		case <-poll.C:
			err := s.refresh(ctx)
			if err != nil && !failing && ctx.Err() == nil {
				s.opts.Logger.Error("access can't be read; nobody is let in", slog.Any("error", err))
			}
			failing = err != nil
			if failing && time.Since(time.UnixMicro(s.checked.Load())) > MaxBlind {
				s.endAll()
			}
			s.endExpired()
		case <-flush.C:
			s.report(ctx, "write times of use", s.flush(ctx))
		case <-trim.C:
			s.report(ctx, "trim audit", s.trimAudit(ctx))
		}
	}
}

func (s *Service) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.opts.Logger.Error("access upkeep failed", slog.String("step", what), slog.Any("error", err))
	}
}

// refresh reads what decides anew, if it has changed.
func (s *Service) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now() // before reading: what is read is at least as new
	before := s.state.Load()
	if before != nil {
		version, err := s.store.AccessVersion(ctx)
		if err != nil {
			return err
		}
		if version == before.version {
			s.checked.Store(now.UnixMicro())
			return nil
		}
	}
	read, err := s.store.ReadAccess(ctx)
	if err != nil {
		return err
	}
	after := newState(read, before, &s.opts)
	s.state.Store(after)
	s.checked.Store(now.UnixMicro())
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

// current returns what decides, not older than MaxStale.
func (s *Service) current(ctx context.Context) (*state, error) {
	if age := time.Now().UnixMicro() - s.checked.Load(); age < 0 || age > MaxStale.Microseconds() {
		if err := s.refresh(ctx); err != nil {
			return nil, err
		}
	}
	return s.state.Load(), nil
}

// endExpired tells those who rely on what has expired.
func (s *Service) endExpired() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, g := range s.state.Load().granted {
		if g.expired(now) {
			g.end()
		}
	}
}

// endAll ends every grant, and has all read anew once that can be done.
func (s *Service) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	blind := *s.state.Load()
	for _, g := range blind.granted {
		g.end()
	}
	blind.version = unread
	s.state.Store(&blind)
}

// unread is the version of what must be read anew. The store counts up from
// zero.
const unread = -1

// flush writes when keys and sessions were used last, and removes sessions
// that have expired.
func (s *Service) flush(ctx context.Context) error {
	now := time.Now()
	type use struct {
		g  *grant
		at int64
	}
	var uses []use
	var expired []int64
	for id, g := range s.state.Load().granted {
		if id.session && g.expired(now) {
			expired = append(expired, g.row.N)
		} else if at := g.used.Load(); at > g.written.Load() {
			uses = append(uses, use{g, at})
		}
	}
	if len(uses)+len(expired) == 0 {
		return nil
	}
	err := s.store.ChangeAccess(ctx, func(tx *store.AccessTx) error {
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
	return nil
}

// change makes a change and the audit entry that tells of it, and lets both
// hold in this process at once.
func (s *Service) change(ctx context.Context, do func(*store.AccessTx) error) error {
	err := s.store.ChangeAccess(ctx, do)
	// What was refused may have been because another process was first.
	return errors.Join(err, s.refresh(context.WithoutCancel(ctx)))
}

// use notes that a grant is used, and returns what it allows.
func (s *Service) use(g *grant) Principal {
	now := time.Now().UnixMicro()
	for {
		used := g.used.Load()
		if now <= used || g.used.CompareAndSwap(used, now) {
			return g.principal
		}
	}
}

// Key returns who bears a key. Its errors are Refusals with ErrUnauthenticated,
// or the store's.
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
		return Principal{}, refuse(ErrUnauthenticated, "This key isn't known here: it was revoked, or belongs to another Postern. Ask an administrator for a new one.")
	}
	if g.expired(time.Now()) {
		return Principal{}, refuse(ErrUnauthenticated, "The key %s expired on %s. Ask an administrator for a new one.", g.principal.Name, g.rights.expires.UTC().Format(time.DateOnly))
	}
	return s.use(g), nil
}

// Session returns who has a session. Its errors are Refusals with
// ErrUnauthenticated, or the store's. Reading an answer that comes over hours
// is no use of the session: only a call of this is.
func (s *Service) Session(ctx context.Context, id Secret) (Principal, error) {
	g, err := s.session(ctx, id)
	if err != nil {
		return Principal{}, err
	}
	return s.use(g), nil
}

func (s *Service) session(ctx context.Context, id Secret) (*grant, error) {
	state, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	g := state.granted[grantID{session: true, hash: id.hash()}]
	if g == nil || g.expired(time.Now()) {
		return nil, refuse(ErrUnauthenticated, "Your session has ended. Sign in again.")
	}
	return g, nil
}

// Glance is Session for what a page asks by itself for as long as it is open:
// it is no use of a person's session, which would never rest. A wall screen has
// nobody who does more, so that it counts there.
func (s *Service) Glance(ctx context.Context, id Secret) (Principal, error) {
	g, err := s.session(ctx, id)
	if err != nil {
		return Principal{}, err
	}
	if g.principal.Kind == Person {
		return g.principal, nil
	}
	return s.use(g), nil
}

// HasAdministrator reports whether somebody can sign in as an administrator.
func (s *Service) HasAdministrator() bool {
	return administrators(s.state.Load().accounts) > 0
}

func administrators(accounts []*account.Account) (n int) {
	for _, a := range accounts {
		if a.Role == account.Administrator && !a.Disabled() {
			n++
		}
	}
	return n
}
