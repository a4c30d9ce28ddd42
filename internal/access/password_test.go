package access

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
)

func TestPasswordsAreHashedWithWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	h := newHasher(ownParams)
	begun := time.Now()
	hash, err := h.hash(ctx, NewSecret(goodPassword))
	must(t, err)
	t.Logf("one hash takes %v", time.Since(begun))
	if !strings.HasPrefix(string(hash), "$argon2id$v=19$m=47104,t=2,p=1$") {
		t.Errorf("hash %s", string(hash))
	}
	again, err := h.hash(ctx, NewSecret(goodPassword))
	if err != nil || again == hash {
		t.Errorf("the salt is the same, %v", err)
	}
	for text, want := range map[string]bool{goodPassword: true, goodPassword + " ": false, "": false,
		strings.Repeat("x", MaxPasswordBytes+1): false} {
		if same, stale, err := h.verify(ctx, hash, NewSecret(text)); same != want || stale || err != nil {
			t.Errorf("%.30q: %t, %t, %v", text, same, stale, err)
		}
	}
	if same, _, err := h.verify(ctx, h.noAccount, NewSecret("")); same || err != nil {
		t.Errorf("nobody's password: %t, %v", same, err)
	}
}

// TestAnotherProgramsHashIsRead checks against a hash by the reference
// implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32
// -e gives $argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc
// (from its own tests).
func TestAnotherProgramsHashIsRead(t *testing.T) {
	t.Parallel()
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	same, stale, err := newHasher(ownParams).verify(ctx, reference, NewSecret("password"))
	if !same || !stale || err != nil {
		t.Errorf("%t, %t, %v", same, stale, err)
	}
}

func TestADamagedHashIsAnErrorThatDoesNotRepeatIt(t *testing.T) {
	t.Parallel()
	const salt, hash = "c29tZXNhbHRzb21lc2FsdA", "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
	for _, text := range []string{
		"", "x", "$argon2i$v=19$m=8,t=1,p=1$" + salt + "$" + hash, "$argon2id$v=16$m=8,t=1,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=4294967296,t=1,p=1$" + salt + "$" + hash, "$argon2id$v=19$m=999999,t=1,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=8,t=0,p=1$" + salt + "$" + hash, "$argon2id$v=19$m=8,t=99,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=8,t=1,p=99$" + salt + "$" + hash, "$argon2id$v=19$t=1,m=8,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=08,t=1,p=1$" + salt + "$" + hash, "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$", "$argon2id$v=19$m=8,t=1,p=1$$" + hash,
		"$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + hash + "$", "$argon2id$v=19$m=8,t=1,p=1$" + salt + "\n$" + hash,
		"$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + strings.Repeat("A", 200), "$argon2id$v=19$m=,t=1,p=1$" + salt + "$" + hash,
	} {
		_, _, err := newHasher(cheapParams).verify(ctx, account.PasswordHash(text), NewSecret("x"))
		if !errors.Is(err, errPHC) || strings.Contains(err.Error(), "argon2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAHashIsMadeAnewWhenItsParametersChange(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		_, p := s.signIn("viv")
		later := serviceOn(t, s.j, s.dir, Options{params: params{memoryKiB: 16, passes: 2, threads: 1}})
		hash := func() string {
			a, err := s.j.Accounts.Read(ctx)
			must(t, err)
			return string(a.Accounts[0].Password)
		}
		later.try("viv", "wrong password", home)
		if !strings.Contains(hash(), "m=8,t=1,p=1") {
			t.Errorf("hash %s", hash())
		}
		later.signIn("viv")
		if !strings.Contains(hash(), "m=16,t=2,p=1") {
			t.Errorf("hash %s", hash())
		}
		later.signIn("viv")
		s.wantEnded(p, false)
		if list, _ := later.Accounts(ctx); list[0].Sessions != 3 {
			t.Errorf("the sessions have ended: %+v", list)
		}
	})
}

func TestFewAreHashedAtOnceAndFewWait(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		var done []func()
		for range hashesAtOnce {
			d, err := s.hasher.acquire(ctx)
			must(t, err)
			done = append(done, d)
		}
		waiting, cancel := context.WithCancel(ctx)
		var group sync.WaitGroup
		for range hashesWaiting {
			group.Go(func() {
				if _, err := s.hasher.acquire(waiting); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
		passes(t, time.Second)
		s.wantBusy(t)
		cancel()
		group.Wait()
		done[0]()
		if _, err := s.hasher.hash(ctx, NewSecret(goodPassword)); err != nil {
			t.Error(err)
		}
		done[1]()
	})
}

// wantBusy checks that one more is refused, and that a try it would have been is
// not counted.
func (s *site) wantBusy(t *testing.T) {
	t.Helper()
	for range freeAttempts * 2 {
		_, _, err := s.try("viv", goodPassword, home)
		var r *problem.Error
		if want(t, err, problem.Unavailable, "few seconds"); !errors.As(err, &r) || r.RetryAfter <= 0 {
			t.Errorf("got %v", err)
		}
	}
}

// TestAnUnknownAccountTakesAsLong counts hashes instead of time: both take
// exactly one, with the same parameters.
func TestAnUnknownAccountTakesAsLong(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		known, err := parsePHC(string(s.snapshot.Load().byName["viv"].Password))
		must(t, err)
		nobody, err := parsePHC(string(s.hasher.noAccount))
		must(t, err)
		if known.params != nobody.params || len(known.salt) != len(nobody.salt) || len(known.hash) != len(nobody.hash) {
			t.Errorf("%+v and %+v", known, nobody)
		}
		// With no turn to be had, both wait for one.
		for range hashesAtOnce {
			if _, err := s.hasher.acquire(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"viv", "unknown", "not a name", ""} {
			waiting, cancel := context.WithTimeout(ctx, time.Minute)
			_, _, err := s.SignIn(waiting, SignIn{Name: name, Password: NewSecret("wrong password"), Origin: Origin{Address: home}})
			cancel()
			want(t, err, context.DeadlineExceeded)
		}
	})
}
