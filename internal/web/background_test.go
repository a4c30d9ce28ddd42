package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/internal/access"
	"postern/internal/account"
)

// refreshTo is the address at which a page without JavaScript loads itself again.
var refreshTo = regexp.MustCompile(`http-equiv="refresh" content="10; url=([^"]+)"`)

// A page that loads itself again doesn't use the session of a person, who may
// be gone. A wall screen does nothing else, so that it is a use there.
func TestMonitor_that_loads_itself_again_is_no_use_of_a_session(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("viv", account.Viewer)
	viv := g.signedIn("viv")
	opened := g.get("/monitor?key=" + strings.TrimPrefix(g.key("wall", account.ScopeMonitor)[1], "Bearer "))
	wall := []string{"Cookie", "postern=" + opened.cookie().Value}
	used := func(name string) time.Time {
		t.Helper()
		list, err := g.access.Sessions(t.Context(), access.LocalPrincipal())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			if s.Name == name {
				return s.SeenAt
			}
		}
		t.Fatalf("%s has no session", name)
		return time.Time{}
	}
	for _, first := range []string{"/monitor", "/monitor?camera_id=a%26b&camera_id=c&event_type=face_matched"} {
		for _, as := range []struct {
			name    string
			headers []string
			use     bool
		}{{"viv", viv, false}, {"wall", wall, true}} {
			before := used(as.name)
			m := refreshTo.FindSubmatch(g.do("GET", first, "", as.headers...).want(200).body)
			if m == nil {
				t.Fatal("it doesn't load itself again")
			}
			again, err := url.Parse(strings.ReplaceAll(string(m[1]), "&amp;", "&"))
			if err != nil {
				t.Fatal(err)
			}
			query := again.Query()
			query.Del("background")
			want, _ := url.Parse(first)
			if again.Path != "/monitor" || query.Encode() != want.Query().Encode() {
				t.Errorf("%s loads %s", first, again)
			}
			opened := used(as.name)
			if !opened.After(before) {
				t.Errorf("%s: opening the page is no use", as.name)
			}
			for range 3 {
				body := g.do("GET", again.String(), "", as.headers...).want(200).body
				if next := refreshTo.FindSubmatch(body); string(next[1]) != string(m[1]) {
					t.Errorf("then it loads %s", next[1])
				}
			}
			if got := used(as.name); got.After(opened) != as.use {
				t.Errorf("%s: %s loading itself again is a use: %t, want %t", as.name, again, got.After(opened), as.use)
			}
		}
	}
	// A form is a use, whatever its address says.
	before := used("viv")
	g.form("/sign-out?background=1", url.Values{}, append([]string{"Cookie"}, "postern=unknown")...)
	g.do(http.MethodPost, "/monitor/acknowledge?background=1", "",
		append(viv, "Accept", "text/html", "Origin", g.base, "Sec-Fetch-Site", "same-origin")...)
	if !used("viv").After(before) {
		t.Error("a form is no use")
	}
}
