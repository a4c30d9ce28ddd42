package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"postern/views/ui"
)

// cookies returns headers with the cookies that an answer sets, added to the
// given ones.
func (a *answer) cookies(headers ...string) []string {
	var set []string
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		set = append(set, c.Name+"="+c.Value)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Cookie" {
			set = append(set, headers[i+1]) // the first cookie of a name counts
		}
	}
	return append(headers, "Cookie", strings.Join(set, "; "))
}

// land loads the page to which a form redirects, as a browser does.
func (s *service) land(a *answer, headers ...string) *answer {
	s.t.Helper()
	to := a.want(http.StatusSeeOther).header.Get(fiber.HeaderLocation)
	return s.do("GET", to, "", append(a.cookies(headers...), "Accept", "text/html")...)
}

// A request whose answer no person sees must not use up the message.
func TestAFlashWaitsForWhoeverReads(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	form := someSettings("http://127.0.0.1:9/hook")
	form.Set("secret_from", "generate")
	a := g.form("/webhooks", form, root...).want(http.StatusSeeOther)
	page, cookie := a.header.Get(fiber.HeaderLocation), a.header.Get(fiber.HeaderSetCookie)
	for _, want := range []string{"postern_flash=", "HttpOnly", "SameSite=Strict", "path=/", "max-age=120"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "whsec") || strings.Contains(page, "?") || madeSecret.Match(a.body) {
		t.Errorf("the message leaves the server: %s to %s", cookie, page)
	}
	with := a.cookies(root...)
	get := func(path string, headers ...string) *answer {
		return g.do("GET", path, "", append(headers, "Accept", "text/html")...).want(http.StatusOK)
	}
	g.do("HEAD", page, "", append(with, "Accept", "text/html")...).want(http.StatusOK)
	for _, header := range [][]string{
		{"Sec-Purpose", "prefetch"}, {"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}, {"X-Moz", "prefetch"},
		{ui.BackgroundHeader, "true"}, {ui.BackgroundHeader, "true", "HX-Request", "true"}, {"Sec-Fetch-Dest", "empty"},
		{"Sec-Fetch-Dest", "image"},
	} {
		get(page, append(header, with...)...).saysNot("Registered http://127.0.0.1:9/hook")
	}
	get("/webhooks", with...).saysNot("Registered http://127.0.0.1:9/hook")
	other := a.cookies(g.signedIn("root")...)
	get(page, other...).saysNot("Registered http://127.0.0.1:9/hook")

	shown := get(page, with...).says("Registered http://127.0.0.1:9/hook")
	secret := madeSecret.Find(shown.body)
	if secret == nil {
		t.Fatal("no secret")
	}
	if gone := shown.header.Get(fiber.HeaderSetCookie); !strings.Contains(gone, "postern_flash=;") || !strings.Contains(gone, "max-age=0") {
		t.Errorf("the cookie stays: %s", gone)
	}
	get(page, with...).saysNot("Registered http://127.0.0.1:9/hook", string(secret))
}

// htmx sends a form and follows the redirect with fetch.
func TestAFlashIsReadByTheFragmentThatAskedForIt(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	a := s.do("POST", page+"/test", "event_type=line_crossed", "Accept", "text/html", "HX-Request", "true", "Sec-Fetch-Site",
		"same-origin").want(http.StatusSeeOther)
	s.land(a, "HX-Request", "true", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty").says("Delivered, answered 200")
	s.land(a, "HX-Request", "true", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty").saysNot("Delivered, answered 200")
}

// A page repeats no text of its URL as if it were Postern's.
func TestNoAddressForgesAMessage(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	g.account("alice", "viewer")
	for _, path := range []string{"/settings/accounts", "/settings/keys", "/account", "/webhooks", "/events"} {
		for _, query := range []string{
			"did=removed&name=alice", "did=revoked&name=alice", "did=password", "did=ended", "added=wh_alice", "removed=wh_alice", "sent=wh_alice",
			"notice=alice", "flash=alice",
		} {
			a := g.do("GET", path+"?"+query, "", append(root, "Accept", "text/html", "Cookie", root[1]+"; postern_flash=alice")...)
			a.saysNot(`id="notice"`)
		}
	}
}
