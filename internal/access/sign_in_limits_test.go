package access

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
)

// retryAfter is how long the error says to wait.
func retryAfter(t *testing.T, err error) time.Duration {
	t.Helper()
	var r *problem.Error
	if !errors.Is(err, problem.TooMany) || !errors.As(err, &r) || r.RetryAfter < time.Second {
		t.Fatalf("got %v, want too many tries with a time to wait", err)
	}
	return r.RetryAfter
}

func other(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{203, byte(i >> 16), byte(i >> 8), byte(i)})
}

func TestWrongPasswordsMakeOneWaitLongerAndLonger(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		for _, name := range []string{"viv", "unknown"} { // the same for both
			for range freeAttempts {
				_, _, err := s.try(name, "wrong password", home)
				want(t, err, problem.Unauthenticated, wrong)
			}
			for i, d := range []time.Duration{1, 2, 4, 8, 16, 32} {
				_, _, err := s.try(name, goodPassword, home)
				if wait := retryAfter(t, err); wait != d*time.Second {
					t.Errorf("%s: after try %d it waits %v, want %ds", name, freeAttempts+i, wait, d)
				}
				time.Sleep(d * time.Second)
				_, _, err = s.try(name, "wrong password", home)
				want(t, err, problem.Unauthenticated)
			}
			time.Sleep(forgetAfter + time.Minute)
		}
		// After the wait the right one is taken, and all is forgotten.
		s.signIn("viv")
		for range freeAttempts {
			_, _, err := s.try("viv", "wrong password", home)
			want(t, err, problem.Unauthenticated)
		}
	})
}

func TestTheWaitIsBounded(t *testing.T) {
	t.Parallel()
	if waitAfter(freeAttempts-1) != 0 || waitAfter(freeAttempts) != firstWait || waitAfter(1000) != longestWait {
		t.Error(waitAfter(freeAttempts-1), waitAfter(freeAttempts), waitAfter(1000))
	}
}

func TestAnOwnerIsNotLockedOutFromElsewhere(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		id, _ := s.signIn("viv") // from home
		for i := range accountBurst * 2 {
			_, _, err := s.try("viv", "wrong password", other(i))
			if i < accountBurst {
				want(t, err, problem.Unauthenticated)
			} else {
				retryAfter(t, err)
			}
		}
		// From a new address even the right one has to wait, from home not,
		// and who is signed in notices nothing.
		_, _, err := s.try("viv", goodPassword, abroad)
		retryAfter(t, err)
		s.wantSession(id, true)
		s.signIn("viv")
		// Nor after a restart, for as long as there is a session.
		again := serviceOn(t, s.j, s.dir, Options{})
		for i := range accountBurst {
			_, _, err := again.try("viv", "wrong password", other(i))
			want(t, err, problem.Unauthenticated)
		}
		_, _, err = again.try("viv", goodPassword, abroad)
		retryAfter(t, err)
		again.signIn("viv")
		// And other accounts aren't concerned.
		s.add("eve", account.Viewer)
		s.signIn("eve")
		time.Sleep(accountEvery)
		if _, _, err := s.try("viv", goodPassword, abroad); err != nil {
			t.Errorf("after a while: %v", err)
		}
	})
}

func TestAnAddressIsLimitedForAllAccountsTogether(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		at := func(i int) netip.Addr { // one /64
			return netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%x%%eth0", i+1))
		}
		for i := range addressBurst {
			_, _, err := s.try(fmt.Sprintf("name%d", i), "wrong password", at(i))
			want(t, err, problem.Unauthenticated)
		}
		_, _, err := s.try("viv", goodPassword, at(999))
		if wait := retryAfter(t, err); wait > addressEvery {
			t.Errorf("it waits %v", wait)
		}
		if _, _, err := s.try("viv", goodPassword, netip.MustParseAddr("2001:db8:1:3::1")); err != nil {
			t.Errorf("from another network: %v", err)
		}
		time.Sleep(addressEvery)
		if _, _, err := s.try("viv", goodPassword, at(1)); err != nil {
			t.Errorf("after a while: %v", err)
		}
	})
}

func TestTriesAtOnceAreAllCounted(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		var group sync.WaitGroup
		var mu sync.Mutex
		compared := 0
		for range 30 {
			group.Go(func() {
				_, _, err := s.try("viv", "wrong password", home)
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, problem.Unauthenticated) {
					compared++
				} else if !errors.Is(err, problem.TooMany) {
					t.Errorf("got %v", err)
				}
			})
		}
		group.Wait()
		if compared != freeAttempts {
			t.Errorf("%d were compared at once, want %d", compared, freeAttempts)
		}
	})
}

func TestRightPasswordsAtOnceAllSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, t.TempDir(), Options{})
	for i := range 8 {
		s.add(fmt.Sprintf("viv%d", i), account.Viewer)
	}
	var group sync.WaitGroup
	ids := make([]Secret, 24)
	for i := range ids {
		group.Go(func() {
			var err error
			if ids[i], _, err = s.try(fmt.Sprintf("viv%d", i%8), goodPassword, other(i)); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		s.wantSession(id, true)
	}
}

func TestTheLimitsMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l, now := newSignInLimits(), time.Now()
	for i := range maxRemembered * 2 {
		l.begin(fmt.Sprintf("unknown%d", i), false, other(i), false, now)
	}
	for what, n := range map[string]int{"pairs": l.pairs.Len(), "addresses": l.addresses.Len(), "unknown": l.unknown.Len()} {
		if n > maxRemembered {
			t.Errorf("%d %s", n, what)
		}
	}
	// An account's own count isn't driven out by unknown names.
	for i := range accountBurst {
		l.begin("viv", true, other(i), false, now)
	}
	for i := range maxRemembered * 2 {
		l.begin(fmt.Sprintf("unknown%d", i), false, other(i), false, now)
	}
	if _, wait := l.begin("viv", true, other(1<<20), false, now); wait == 0 {
		t.Error("the account's count was forgotten")
	}
}

func TestRefusedSignInsDoNotFillTheAudit(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		const tries = 3 * refusalBurst
		for i := range tries {
			s.try(fmt.Sprintf("name%d", i), "wrong password", other(i))
		}
		time.Sleep(time.Minute)
		s.try("viv", "wrong password", home)
		told := s.audited(SignInAction)
		if len(told) != refusalBurst+1 || told[0].Target != "viv" || told[0].Outcome != string(Refused) || told[0].Address != home.String() ||
			told[0].Details != fmt.Sprintf(`{"not_recorded_before":%d}`, tries-refusalBurst) {
			t.Errorf("%d entries, the newest %+v", len(told), told[0])
		}
		// A typed name may be a password: it isn't kept.
		if told[1].Target != "" || told[1].Details != `{"account":"unknown"}` {
			t.Errorf("entry %+v", told[1])
		}
	})
}
