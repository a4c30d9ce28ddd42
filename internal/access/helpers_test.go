package access

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/account"
	"postern/internal/store"
	"postern/internal/store/auditlog"
)

var (
	ctx    = context.Background()
	by     = ConsoleActor("tester")
	home   = netip.MustParseAddr("192.0.2.7")
	abroad = netip.MustParseAddr("198.51.100.9")
)

const goodPassword = "correct horse battery"

// site is a service on a store of its own, inside a bubble of simulated
// time.
type site struct {
	*Service
	t   *testing.T
	j   *store.Store
	dir string
	log *lockedText
}

type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// simulate runs a test on simulated time.
func simulate(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newSite(t, t.TempDir(), Options{})) })
}

func newSite(t *testing.T, dir string, opts Options) *site {
	t.Helper()
	j, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return serviceOn(t, j, dir, opts)
}

func serviceOn(t *testing.T, j *store.Store, dir string, opts Options) *site {
	t.Helper()
	if opts.params == (params{}) {
		opts.params = cheapParams
	}
	log := new(lockedText)
	opts.Logger = slog.New(slog.NewTextHandler(log, nil))
	s, err := New(ctx, j, opts)
	if err != nil {
		t.Fatal(err)
	}
	return &site{Service: s, t: t, j: j, dir: dir, log: log}
}

// run runs the service until the test ends, or until what it returns is called.
func (s *site) run() (stop func()) {
	s.t.Helper()
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
	s.t.Cleanup(stop)
	return stop
}

func (s *site) add(name string, role account.Role, cameras ...string) {
	s.t.Helper()
	if err := s.AddAccount(ctx, by, NewAccount{Name: name, Role: role, Cameras: cameras, Password: NewSecret(goodPassword)}); err != nil {
		s.t.Fatalf("AddAccount: %v", err)
	}
}

func (s *site) try(name, password string, from netip.Addr) (Secret, Principal, error) {
	return s.SignIn(ctx, SignIn{Name: name, Password: NewSecret(password), Origin: Origin{Address: from, Agent: "Firefox"}})
}

func (s *site) signIn(name string) (Secret, Principal) {
	s.t.Helper()
	id, p, err := s.try(name, goodPassword, home)
	if err != nil {
		s.t.Fatalf("SignIn: %v", err)
	}
	return id, p
}

func (s *site) key(name string, scopes ...account.Scope) Secret {
	s.t.Helper()
	key, err := s.AddKey(ctx, by, NewKey{Name: name, Scopes: scopes})
	if err != nil {
		s.t.Fatalf("AddKey: %v", err)
	}
	return key
}

// want checks an error's kind and words.
func want(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q doesn't say %q", err, word)
		}
	}
}

// must fails the test when something that has to work doesn't.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) wantSession(id Secret, alive bool) {
	s.t.Helper()
	if _, err := s.Session(ctx, id); alive != (err == nil) {
		s.t.Errorf("the session says %v, want alive %t", err, alive)
	}
}

func (s *site) wantEnded(p Principal, ended bool) {
	s.t.Helper()
	if p.Ended() != ended {
		s.t.Errorf("the right of %s has ended: %t, want %t", p.Name, !ended, ended)
	}
}

// audited returns the newest entries, newest first.
func (s *site) audited(action Action) []*auditlog.Entry {
	s.t.Helper()
	list, err := s.Audit(ctx, auditlog.Query{Action: string(action), Limit: MaxAuditPage})
	must(s.t, err)
	return list
}

func passes(t *testing.T, d time.Duration) {
	t.Helper()
	time.Sleep(d)
	synctest.Wait()
}
