package access

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
)

func TestASessionIsNewAtEverySignIn(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer, "lobby")
		id, p := s.signIn("VIV")
		if p.Kind != Person || p.Name != "viv" || p.Role != account.Viewer || p.Cameras.All() || !p.Cameras.Allow("lobby") || p.Session == 0 {
			t.Errorf("principal %+v", p)
		}
		if len(id.Reveal()) != 43 {
			t.Errorf("the id has %d characters, want 256 bits", len(id.Reveal()))
		}
		next, q, err := s.SignIn(ctx, SignIn{Name: "viv", Password: NewSecret(goodPassword),
			Origin: Origin{Address: abroad, Agent: "x"}, Replaces: id})
		must(t, err)
		if next.Reveal() == id.Reveal() || q.Session == p.Session {
			t.Error("the id is the same")
		}
		s.wantSession(id, false)
		s.wantSession(next, true)
		s.wantEnded(p, true)
		s.wantSession(Secret{}, false)
		s.wantSession(NewSecret(strings.Repeat("A", 43)), false)
	})
}

func TestASessionEndsWhenItRestsAndWhenItIsOld(t *testing.T) {
	simulate(t, func(t *testing.T, first *site) {
		const idle, life = 4 * time.Minute, 15 * time.Minute
		s := serviceOn(t, first.j, first.dir, Options{SessionIdle: idle, SessionLife: life})
		s.run()
		s.add("viv", account.Viewer)
		resting, p := s.signIn("viv")
		busy, q := s.signIn("viv")
		begun := time.Now()
		passes(t, idle-time.Second)
		s.wantEnded(p, false)
		s.wantSession(busy, true)
		passes(t, time.Second+expireEvery)
		s.wantEnded(p, true)
		s.wantSession(resting, false)
		for time.Since(begun) < life-time.Minute {
			s.wantSession(busy, true)
			passes(t, time.Minute)
		}
		passes(t, life-time.Since(begun)-time.Second)
		s.wantSession(busy, true)
		s.wantEnded(q, false)
		passes(t, time.Second+expireEvery)
		s.wantEnded(q, true)
		s.wantSession(busy, false)
		passes(t, flushEvery)
		if a, err := s.j.Accounts.Read(ctx); err != nil || len(a.Sessions) != 0 {
			t.Errorf("%d expired sessions are kept, %v", len(a.Sessions), err)
		}
	})
}

// Expired sessions are removed once: an idle server commits nothing.
func TestService_flush_forgets_expired_sessions(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		s.signIn("viv")
		sessions := func() int {
			list, err := s.Accounts(ctx)
			must(t, err)
			return list[0].Sessions
		}
		if n := sessions(); n != 1 {
			t.Fatalf("viv has %d sessions", n)
		}
		time.Sleep(DefaultSessionIdle)
		must(t, s.flush(ctx))
		if n := sessions(); n != 0 {
			t.Errorf("viv has %d sessions, which have expired", n)
		}
		commits := s.j.DB.Metrics().Commits.Count()
		must(t, s.flush(ctx))
		if n := s.j.DB.Metrics().Commits.Count() - commits; n != 0 {
			t.Errorf("the next flush makes %d commits", n)
		}
	})
}

func TestASessionsDefaults(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		idle, _ := s.signIn("viv")
		busy, _ := s.signIn("viv")
		time.Sleep(12*time.Hour - time.Second)
		s.wantSession(busy, true)
		time.Sleep(time.Second)
		s.wantSession(idle, false)
		s.wantSession(busy, true)
		for range 2*7 - 2 {
			time.Sleep(12*time.Hour - time.Second)
			s.wantSession(busy, true)
		}
		time.Sleep(11 * time.Hour)
		s.wantSession(busy, true)
		time.Sleep(time.Hour + time.Minute)
		s.wantSession(busy, false)
	})
}

func TestUseIsWrittenOnceAMinuteAndSurvivesARestart(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		stop := s.run()
		s.add("viv", account.Viewer)
		id, _ := s.signIn("viv")
		key := s.key("engine", account.ScopeIngest)
		written := func() (session, used time.Time) {
			a, err := s.j.Accounts.Read(ctx)
			must(t, err)
			return a.Sessions[0].SeenAt, a.Keys[0].UsedAt
		}
		seen, _ := written()
		passes(t, 10*time.Second)
		before := s.snapshot.Load()
		for range 100 {
			s.wantSession(id, true)
			if _, err := s.Key(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		if now, used := written(); !now.Equal(seen) || !used.IsZero() {
			t.Error("a request writes")
		}
		used := time.Now()
		if list, _ := s.Keys(ctx); !list[0].UsedAt.Equal(used) {
			t.Errorf("the list says %v", list[0].UsedAt)
		}
		passes(t, time.Minute)
		if a, b := written(); !a.Equal(used) || !b.Equal(used) {
			t.Errorf("written are %v and %v, want %v", a, b, used)
		}
		if s.snapshot.Load() != before {
			t.Error("use has accounts and keys read again")
		}
		passes(t, time.Second)
		s.wantSession(id, true)
		stop()
		if a, _ := written(); !a.Equal(time.Now()) {
			t.Error("the last use isn't written at the end")
		}
		again := serviceOn(t, s.j, s.dir, Options{})
		again.wantSession(id, true)
		if list, _ := again.Keys(ctx); !list[0].UsedAt.Equal(used) {
			t.Errorf("after a restart the list says %v", list[0].UsedAt)
		}
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("Root", account.Administrator)
		s.add("viv", account.Viewer)
		agent := "Mozilla/5.0 \x1b[31m(X11)\n" + strings.Repeat("é", 200)
		first, p, err := s.SignIn(ctx, SignIn{Name: "viv", Password: NewSecret(goodPassword),
			Origin: Origin{Address: netip.MustParseAddr("::ffff:192.0.2.1"), Agent: agent}})
		must(t, err)
		time.Sleep(time.Second)
		second, q := s.signIn("viv")
		time.Sleep(time.Second)
		rootID, root := s.signIn("root")
		list, err := s.Sessions(ctx, p)
		must(t, err)
		if len(list) != 2 || list[0].N != q.Session || list[1].Address != "192.0.2.1" || list[1].Name != "viv" || list[1].Screen() {
			t.Fatalf("viv sees %+v", list)
		}
		if a := list[1].Agent; len(a) > maxAgentBytes+len("…") || strings.ContainsAny(a, "\x1b\n") ||
			!strings.HasPrefix(a, "Mozilla/5.0 [31m(X11)é") || strings.Contains(a, "\uFFFD") {
			t.Errorf("the agent is %q", a)
		}
		if !list[0].ExpiresAt.Equal(list[0].SeenAt.Add(DefaultSessionIdle)) {
			t.Errorf("it expires at %v", list[0].ExpiresAt)
		}
		if all, _ := s.Sessions(ctx, root); len(all) != 3 {
			t.Errorf("root sees %d sessions", len(all))
		}
		if none, err := s.Sessions(ctx, Principal{}); err != nil || len(none) != 0 {
			t.Errorf("nobody sees %+v, %v", none, err)
		}
		want(t, s.EndSession(ctx, p, home, root.Session), problem.NotFound)
		want(t, s.EndSession(ctx, Principal{}, home, 0), problem.NotFound)
		s.wantSession(rootID, true)
		must(t, s.EndSession(ctx, p, home, q.Session))
		s.wantSession(second, false)
		s.wantEnded(q, true)
		must(t, s.SignOut(ctx, p, home))
		must(t, s.SignOut(ctx, p, home)) // twice does no harm
		s.wantSession(first, false)
		s.wantSession(rootID, true)
		if told := s.audited(SignOutAction); len(told) != 2 || told[0].Target != "viv" || told[0].Actor != "viv" {
			t.Errorf("the audit tells %+v", told)
		}
	})
}

func TestTooManySessionsEndTheOneThatRestedLongest(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		ids := make([]Secret, maxSessions)
		for i := range ids {
			ids[i], _ = s.signIn("viv")
			time.Sleep(time.Second)
		}
		s.wantSession(ids[0], true) // used just now
		time.Sleep(time.Second)
		s.signIn("viv")
		s.wantSession(ids[0], true)
		s.wantSession(ids[1], false)
		s.wantSession(ids[2], true)
	})
}

func TestAChangeOfPasswordEndsTheOtherSessions(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		s.add("eve", account.Viewer)
		here, p := s.signIn("viv")
		there, _ := s.signIn("viv")
		eve, q := s.signIn("eve")
		const next = "a whole new password"
		err := s.ChangePassword(ctx, p, home, NewSecret("not the old one"), NewSecret(next))
		if err == nil || !strings.Contains(err.Error(), "current: This is not") {
			t.Errorf("a wrong current password: %v", err)
		}
		if err := s.ChangePassword(ctx, p, home, NewSecret(goodPassword), NewSecret("short")); err == nil {
			t.Error("a short password was taken")
		}
		want(t, s.ChangePassword(ctx, LocalPrincipal(), home, NewSecret(goodPassword), NewSecret(next)), problem.Forbidden)
		must(t, s.ChangePassword(ctx, p, home, NewSecret(goodPassword), NewSecret(next)))
		s.wantSession(here, true)
		s.wantSession(there, false)
		s.wantSession(eve, true)
		_, _, err = s.try("viv", goodPassword, home)
		want(t, err, problem.Unauthenticated)
		if _, _, err := s.try("viv", next, home); err != nil {
			t.Error(err)
		}
		// Set by somebody else, it ends them all.
		must(t, s.SetPassword(ctx, by, "viv", NewSecret(goodPassword)))
		s.wantSession(here, false)
		s.wantEnded(p, true)
		s.wantEnded(q, false)
		want(t, s.ChangePassword(ctx, p, home, NewSecret(goodPassword), NewSecret(next)), problem.Unauthenticated)
	})
}

func TestWhatChangesRightsEndsWhatReliesOnThem(t *testing.T) {
	for name, change := range map[string]func(*site) error{
		"disabled":      func(s *site) error { return s.SetDisabled(ctx, by, "viv", true) },
		"removed":       func(s *site) error { return s.RemoveAccount(ctx, by, "viv") },
		"another role":  func(s *site) error { return s.SetRole(ctx, by, "viv", account.Viewer) },
		"other cameras": func(s *site) error { return s.SetCameras(ctx, by, "viv", []string{"lobby"}) },
		"no cameras":    func(s *site) error { return s.SetCameras(ctx, by, "viv", []string{}) },
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(t *testing.T, s *site) {
				s.add("Root", account.Administrator)
				s.add("viv", account.Operator)
				s.add("eve", account.Operator)
				id, p := s.signIn("viv")
				_, q := s.signIn("eve")
				must(t, change(s))
				s.wantEnded(p, true)
				s.wantEnded(q, false)
				now, err := s.Session(ctx, id)
				if lives := name != "disabled" && name != "removed"; lives != (err == nil) {
					t.Errorf("the session says %v", err)
				}
				if err == nil && (now.Ended() || fmt.Sprint(now.Role, now.Cameras) == fmt.Sprint(p.Role, p.Cameras)) {
					t.Errorf("the new principal is %+v, the old one was %+v", now, p)
				}
			})
		})
	}
}

func TestADisabledAccountLearnsSoOnlyWithItsPassword(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		must(t, s.SetDisabled(ctx, by, "viv", true))
		_, _, err := s.try("viv", goodPassword, home)
		want(t, err, problem.Unauthenticated, "disabled", "administrator")
		_, _, err = s.try("viv", "something else", home)
		want(t, err, problem.Unauthenticated, wrong)
		must(t, s.SetDisabled(ctx, by, "viv", false))
		s.signIn("viv")
	})
}

// A page that asks by itself doesn't keep a person's session from resting; a
// wall screen does nothing else.
func TestAGlanceIsNoUse(t *testing.T) {
	simulate(t, func(t *testing.T, first *site) {
		const idle = 4 * time.Minute
		s := serviceOn(t, first.j, first.dir, Options{SessionIdle: idle, ScreenIdle: idle})
		s.run()
		s.add("viv", account.Viewer)
		id, p := s.signIn("viv")
		wall, screen, err := s.OpenScreen(ctx, s.key("wall", account.ScopeMonitor), Origin{Address: home})
		must(t, err)
		for range 3 {
			passes(t, time.Minute)
			_, err := s.BackgroundSession(ctx, id)
			must(t, err)
			_, err = s.BackgroundSession(ctx, wall)
			must(t, err)
		}
		passes(t, time.Minute+expireEvery)
		s.wantEnded(p, true)
		_, err = s.BackgroundSession(ctx, id)
		want(t, err, problem.Unauthenticated, "Sign in again")
		s.wantEnded(screen, false)
	})
}

// A session that ends for a new one is told of, as any that ends by somebody.
func TestWhatASignInEndsIsOnRecord(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		s.add("eve", account.Viewer)
		id, _ := s.signIn("eve")
		_, _, err := s.SignIn(ctx, SignIn{Name: "viv", Password: NewSecret(goodPassword), Origin: Origin{Address: home}, Replaces: id})
		must(t, err)
		told := s.audited(SignOutAction)
		if len(told) != 1 || told[0].Target != "eve" || told[0].Actor != "viv" || told[0].Address != home.String() ||
			told[0].Details != `{"replaced":true}` {
			t.Errorf("on record is %+v", told)
		}
		s.add("many", account.Viewer)
		for range maxSessions + 1 {
			s.signIn("many")
		}
		if told := s.audited(SignOutAction); len(told) != 2 || told[0].Target != "many" {
			t.Errorf("on record is %+v", told)
		}
	})
}

// A refusal is no failure of the disk, for which an alert would wake somebody
// for.
func TestARefusalIsNoFailureOfTheStore(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Viewer)
		before := s.store.DB.Metrics().Failures
		want(t, s.AddAccount(ctx, by, NewAccount{Name: "viv", Role: account.Viewer, Password: NewSecret(goodPassword)}), problem.Conflict)
		_, p := s.signIn("viv")
		want(t, s.EndSession(ctx, p, home, 99), problem.NotFound)
		if n := s.store.DB.Metrics().Failures - before; n != 0 {
			t.Errorf("%d transactions count as failed", n)
		}
	})
}
