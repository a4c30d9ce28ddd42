package access

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/internal/account"
	"postern/internal/problem"
)

func TestAccountsAreAddedChangedAndRemoved(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("Root", account.Administrator)
		s.add("Viv", account.Viewer, "lobby", "dock", "dock")
		list, err := s.Accounts(ctx)
		must(t, err)
		if len(list) != 2 || list[0].Name != "Root" || !list[0].Cameras.All() || list[1].Role != account.Viewer ||
			!slices.Equal(list[1].Cameras.Names(), []string{"dock", "lobby"}) {
			t.Fatalf("accounts %+v", list)
		}
		must(t, s.SetCameras(ctx, by, "viv", []string{"gate"}))
		must(t, s.SetRole(ctx, by, "VIV", account.Operator))
		must(t, s.SetDisabled(ctx, by, "viv", true))
		list, _ = s.Accounts(ctx)
		if v := list[1]; v.Role != account.Operator || !v.Disabled() || !slices.Equal(v.Cameras.Names(), []string{"gate"}) {
			t.Errorf("account %+v", v)
		}
		must(t, s.SetDisabled(ctx, by, "viv", false))
		must(t, s.SetCameras(ctx, by, "viv", nil))
		must(t, s.RemoveAccount(ctx, by, "viv"))
		if list, _ = s.Accounts(ctx); len(list) != 1 {
			t.Errorf("accounts %+v", list)
		}
		var told []string
		for _, e := range s.audited("account.") {
			told = append(told, e.Action+" "+e.Target+" "+e.Details)
		}
		slices.Reverse(told)
		if want := []string{
			`account.add Root {"cameras":"all","role":"administrator"}`, `account.add Viv {"cameras":["dock","lobby"],"role":"viewer"}`,
			`account.cameras Viv {"cameras":["gate"]}`, `account.role Viv {"before":"viewer","role":"operator"}`,
			`account.disable Viv {}`, `account.enable Viv {}`, `account.cameras Viv {"cameras":"all"}`, `account.remove Viv {}`,
		}; !slices.Equal(told, want) {
			t.Errorf("the audit tells\n%s", strings.Join(told, "\n"))
		}
	})
}

func TestService_SetDisplay_is_for_all_sessions_and_ends_none(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("Root", account.Administrator)
		signIn := func() Secret {
			id, _, err := s.SignIn(ctx, SignIn{Name: "Root", Password: NewSecret(goodPassword)})
			must(t, err)
			return id
		}
		first, second := signIn(), signIn()
		p, err := s.Session(ctx, first)
		must(t, err)
		want := account.Display{Theme: account.Dark, Zone: "Europe/Amsterdam"}
		must(t, s.SetDisplay(ctx, p, netip.Addr{}, want))
		for _, id := range []Secret{first, second} {
			got, err := s.Session(ctx, id)
			if err != nil || got.Display != want || p.Ended() {
				t.Errorf("%+v, %v; ended %t", got.Display, err, p.Ended())
			}
			if background, err := s.BackgroundSession(ctx, id); err != nil || background.Display != want {
				t.Errorf("a background request has %+v, %v", background.Display, err)
			}
		}
		for _, wrong := range []account.Display{{Theme: "pink"}, {Zone: "Atlantis/Center"}, {Zone: "../etc/passwd"}, {Zone: "Local"}} {
			if err := s.SetDisplay(ctx, p, netip.Addr{}, wrong); !errors.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		must(t, s.SetDisplay(ctx, p, netip.Addr{}, want)) // changes nothing, and has no entry
		if told := s.audited("account.display"); len(told) != 1 || told[0].Details != `{"theme":"dark","zone":"Europe/Amsterdam"}` {
			t.Errorf("the audit has %d entries: %+v", len(told), told)
		}
		if err := s.SetDisplay(ctx, LocalPrincipal(), netip.Addr{}, want); !errors.Is(err, problem.Forbidden) {
			t.Errorf("without an account: %v", err)
		}
	})
}

func TestWhatAnAccountCannotBe(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("Root", account.Administrator)
		good := NewAccount{Name: "ok", Role: account.Viewer, Password: NewSecret(goodPassword)}
		for name, change := range map[string]func(*NewAccount){
			"name: The name must be":           func(a *NewAccount) { a.Name = "" },
			"name: The name must be 1":         func(a *NewAccount) { a.Name = strings.Repeat("a", 65) },
			"name: The name must be 1 to":      func(a *NewAccount) { a.Name = "Zoë" },
			"a letter or digit":                func(a *NewAccount) { a.Name = ".hidden" },
			"A-Z a-z":                          func(a *NewAccount) { a.Name = "two words" },
			"role: The role must be one":       func(a *NewAccount) { a.Role = "king" },
			"role":                             func(a *NewAccount) { a.Role = "" },
			"at least 10":                      func(a *NewAccount) { a.Password = NewSecret("ninechars") },
			"longer than 1024":                 func(a *NewAccount) { a.Password = NewSecret(strings.Repeat("abcdefg", 147)) },
			"different":                        func(a *NewAccount) { a.Password = NewSecret(strings.Repeat("aab", 9)) },
			"UTF-8":                            func(a *NewAccount) { a.Password = NewSecret("abcdefghijklm\xff") },
			"password: The password must have": func(a *NewAccount) { a.Password = Secret{} },
			"the account's name": func(a *NewAccount) {
				a.Name, a.Password = "Margaret.Hamilton", NewSecret(" margaret.hamilton")
			},
			"cameras: The list of cameras has a name": func(a *NewAccount) { a.Cameras = []string{"ok", ""} },
			"control":          func(a *NewAccount) { a.Cameras = []string{"a\x00"} },
			"256 names":        func(a *NewAccount) { a.Cameras = slices.Repeat([]string{"c"}, 257) },
			"an administrator": func(a *NewAccount) { a.Role, a.Cameras = account.Administrator, []string{"c"} },
		} {
			a := good
			change(&a)
			err := s.AddAccount(ctx, by, a)
			var wrong *problem.Error
			if !errors.As(err, &wrong) || len(wrong.Fields) != 1 || !strings.Contains(err.Error(), name) {
				t.Errorf("%q: got %v", name, err)
			}
		}
		a := good
		a.Name = "ROOT"
		want(t, s.AddAccount(ctx, by, a), problem.Conflict, "ROOT", "another name")
		s.add(strings.Repeat("a", 64), account.Viewer)
		s.add("zoe+1@example.com", account.Viewer)
		for _, err := range []error{
			s.SetRole(ctx, by, "who", account.Viewer), s.SetCameras(ctx, by, "who", nil), s.SetDisabled(ctx, by, "who", true),
			s.SetPassword(ctx, by, "who", NewSecret(goodPassword)), s.RemoveAccount(ctx, by, "who"),
		} {
			want(t, err, problem.NotFound, "who", "postern user list")
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		if s.HasAdministrator() {
			t.Error("there is an administrator before there is an account")
		}
		s.add("viv", account.Viewer)
		if s.HasAdministrator() {
			t.Error("a viewer is an administrator")
		}
		s.add("Root", account.Administrator)
		s.add("other", account.Administrator)
		if !s.HasAdministrator() {
			t.Error("there is none")
		}
		must(t, s.SetDisabled(ctx, by, "other", true)) // and counts no more
		for _, err := range []error{s.RemoveAccount(ctx, by, "root"), s.SetRole(ctx, by, "root", account.Operator),
			s.SetDisabled(ctx, by, "root", true)} {
			want(t, err, problem.Conflict, "last administrator")
		}
		must(t, s.SetPassword(ctx, by, "root", NewSecret("another good one")))
		must(t, s.SetDisabled(ctx, by, "other", false))
		must(t, s.RemoveAccount(ctx, by, "root"))
		want(t, s.SetRole(ctx, by, "other", account.Viewer), problem.Conflict, "last administrator")
		if !s.HasAdministrator() {
			t.Error("there is none left")
		}
	})
}

// TestTheLastAdministratorStaysWhenTwoChangesTakeOneEach would fail if a change
// relied on the snapshot.
func TestTheLastAdministratorStaysWhenTwoChangesTakeOneEach(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := newSite(t, t.TempDir(), Options{})
		s.add("a", account.Administrator)
		s.add("b", account.Administrator)
		other := s
		var group sync.WaitGroup
		errs := make([]error, 2)
		group.Go(func() { errs[0] = s.RemoveAccount(ctx, by, "a") })
		group.Go(func() { errs[1] = other.SetRole(ctx, by, "b", account.Viewer) })
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("the two said %v and %v", errs[0], errs[1])
		}
		must(t, s.refresh(ctx))
		if !s.HasAdministrator() {
			t.Error("nobody is left")
		}
	}
}

func TestARestrictedAccountCannotBecomeAdministrator(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("Root", account.Administrator)
		s.add("viv", account.Operator, "lobby")
		var wrong *problem.Error
		if err := s.SetRole(ctx, by, "viv", account.Administrator); !errors.As(err, &wrong) {
			t.Errorf("SetRole: %v", err)
		}
		if err := s.SetCameras(ctx, by, "root", []string{"lobby"}); !errors.As(err, &wrong) {
			t.Errorf("SetCameras: %v", err)
		}
		if entries := s.audited("account.role"); len(entries) != 0 {
			t.Errorf("what was refused is in the audit: %+v", entries[0])
		}
	})
}
