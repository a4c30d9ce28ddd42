package access

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
)

func TestKeysAreMadeUsedAndRevoked(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		key, err := s.AddKey(ctx, by, NewKey{Name: "engine", Scopes: []account.Scope{account.ScopeIngest, account.ScopeRead},
			Cameras: []string{"lobby"}})
		must(t, err)
		p, err := s.Key(ctx, key)
		must(t, err)
		if p.Kind != Program || p.Name != "engine" || !slices.Equal(p.Scopes, []account.Scope{account.ScopeIngest, account.ScopeRead}) ||
			p.Cameras.All() || !p.Cameras.Allow("lobby") || p.Session != 0 {
			t.Errorf("principal %+v", p)
		}
		list, err := s.Keys(ctx)
		must(t, err)
		if k := list[0]; len(list) != 1 || k.Name != "engine" || !strings.HasPrefix(key.Reveal(), k.Hint) || len(k.Hint) != 8 ||
			!k.ExpiresAt.IsZero() || !k.UsedAt.Equal(time.Now()) {
			t.Errorf("keys %+v", list)
		}
		s.wantEnded(p, false)
		must(t, s.RevokeKey(ctx, by, "ENGINE"))
		s.wantEnded(p, true)
		_, err = s.Key(ctx, key)
		want(t, err, problem.Unauthenticated, "revoked")
		want(t, s.RevokeKey(ctx, by, "engine"), problem.NotFound, "engine", "postern key list")
		told := s.audited("key.")
		if len(told) != 2 || told[1].Details != `{"cameras":["lobby"],"hint":"`+key.Reveal()[:8]+
			`","producer":"engine","scopes":["ingest","read"]}` || told[0].Action != string(KeyRevoke) {
			t.Errorf("the audit tells %+v", told)
		}
	})
}

func TestAKeyExpires(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.run()
		key, err := s.AddKey(ctx, by, NewKey{Name: "short", Scopes: []account.Scope{account.ScopeRead}, ExpiresAt: time.Now().Add(time.Minute)})
		must(t, err)
		p, err := s.Key(ctx, key)
		must(t, err)
		passes(t, time.Minute-time.Second)
		s.wantEnded(p, false)
		passes(t, time.Second+expireEvery)
		s.wantEnded(p, true)
		_, err = s.Key(ctx, key)
		want(t, err, problem.Unauthenticated, "short expired on", "new one")
		if list, _ := s.Keys(ctx); !list[0].Expired(time.Now()) {
			t.Errorf("keys %+v", list)
		}
	})
}

func TestWhatAKeyCannotBe(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.key("taken", account.ScopeRead)
		good := NewKey{Name: "ok", Scopes: []account.Scope{account.ScopeRead}}
		for says, change := range map[string]func(*NewKey){
			"name":         func(k *NewKey) { k.Name = "a b" },
			"at least one": func(k *NewKey) { k.Scopes = nil },
			"among ingest": func(k *NewKey) { k.Scopes = []account.Scope{"root"} },
			"scope manage": func(k *NewKey) {
				k.Scopes, k.Cameras = []account.Scope{account.ScopeRead, account.ScopeManage}, []string{"c"}
			},
			"in the past":                        func(k *NewKey) { k.ExpiresAt = time.Now() },
			"cameras: The list of cameras has a": func(k *NewKey) { k.Cameras = []string{""} },
		} {
			k := good
			change(&k)
			_, err := s.AddKey(ctx, by, k)
			var wrong *problem.Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: got %v", says, err)
			}
		}
		k := good
		k.Name = "TAKEN"
		_, err := s.AddKey(ctx, by, k)
		want(t, err, problem.Conflict, "TAKEN")
	})
}

func TestOnlyHashesAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, t.TempDir(), Options{})
	s.add("viv", account.Viewer)
	id, _ := s.signIn("viv")
	key := s.key("engine", account.ScopeRead)
	read := func() (all string) {
		for _, name := range []string{"postern.db", "postern.db-wal"} {
			b, err := os.ReadFile(filepath.Join(s.dir, name))
			must(t, err)
			all += string(b)
		}
		return all
	}
	hash := func(s Secret) string { h := sha256.Sum256([]byte(s.Reveal())); return string(h[:]) }
	file := read()
	for _, secret := range []string{goodPassword, id.Reveal(), key.Reveal(), key.Reveal()[hintLength:]} {
		if strings.Contains(file, secret) {
			t.Error("a secret is in the file")
		}
	}
	for _, kept := range []string{hash(id), hash(key), "$argon2id$"} {
		if !strings.Contains(file, kept) {
			t.Error("a hash isn't in the file")
		}
	}
}

func TestAWallScreenLivesByItsKey(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.run()
		key, err := s.AddKey(ctx, by, NewKey{Name: "wall", Scopes: []account.Scope{account.ScopeMonitor}, Cameras: []string{"lobby"}})
		must(t, err)
		id, p, err := s.OpenScreen(ctx, key, Origin{Address: home, Agent: "TV"})
		must(t, err)
		if p.Kind != Program || p.Session == 0 || p.Name != "wall" || Authorize(p, Monitor) != nil || p.Cameras.Allow("dock") {
			t.Errorf("principal %+v", p)
		}
		time.Sleep(8 * time.Minute)
		s.wantSession(id, true)
		if list, _ := s.Keys(ctx); list[0].Screens != 1 {
			t.Errorf("keys %+v", list)
		}
		passes(t, expireEvery)
		s.wantEnded(p, false)
		must(t, s.RevokeKey(ctx, by, "wall"))
		s.wantEnded(p, true)
		s.wantSession(id, false)
		// A key that may do more doesn't belong into a link.
		for _, scopes := range [][]account.Scope{{account.ScopeRead}, {account.ScopeMonitor, account.ScopeRead}} {
			more := s.key("k"+string(scopes[0]), scopes...)
			_, _, err = s.OpenScreen(ctx, more, Origin{})
			want(t, err, problem.Forbidden, "monitor")
		}
		_, _, err = s.OpenScreen(ctx, key, Origin{})
		want(t, err, problem.Unauthenticated)
	})
}

func TestASessionsIDIsNoKeyAndAKeyIsNoSession(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		id, _ := s.signIn("viv")
		key := s.key("engine", account.ScopeRead)
		_, err := s.Key(ctx, id)
		want(t, err, problem.Unauthenticated)
		s.wantSession(key, false)
	})
}
