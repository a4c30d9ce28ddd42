package web

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/auditlog"
)

// A principal who may not see webhooks isn't told their number either, on the
// page or through its socket.
func TestAMonitorTellsOfWebhooksToWhoMayKnow(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("viv", account.Viewer)
	g.account("oona", account.Operator)
	g.account("lou", account.Operator, "lobby")
	for name, c := range map[string]struct {
		headers []string
		told    bool
	}{
		"viewer": {g.signedIn("viv"), false}, "operator": {g.signedIn("oona"), true}, "operator of the lobby": {g.signedIn("lou"), false},
		"screen": {g.key("wall", account.ScopeMonitor), true}, "screen of the lobby": {g.key("lobby", account.ScopeMonitor,
			onlyCameras("lobby")), false},
	} {
		page := g.do("GET", "/monitor", "", append(c.headers, "Accept", "text/html")...).want(200)
		conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket?only=monitor",
			http.Header{c.headers[0]: {c.headers[1]}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for from, text := range map[string]string{"page": string(page.body), "socket": hear(t, conn, "monitor-totals")} {
			if told := strings.Contains(text, "Webhooks failing"); told != c.told {
				t.Errorf("%s, %s: told is %v", name, from, told)
			}
		}
	}
}

// Links to erasure are offered to principals who may erase.
func TestErasingIsOfferedToWhoMay(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("oona", account.Operator)
	e := g.seen(event.FaceMatched, "lobby", "Alice")
	for name, offered := range map[string]bool{"root": true, "oona": false} {
		page := g.do("GET", "/events/"+e.ID, "", append(g.signedIn(name), "Accept", "text/html")...).want(200)
		if got := strings.Contains(string(page.body), "/erase"); got != offered {
			t.Errorf("%s is offered to erase: %v", name, got)
		}
	}
}

// A page that could not be has around it what other pages have: who is signed
// in, a way out, and what they may open.
func TestAPageThatCouldNotBeKnowsWhoAsks(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("viv", account.Viewer)
	for path, status := range map[string]int{"/nowhere": 404, "/settings/audit": 403, "/events/nothing": 404} {
		g.do("GET", path, "", append(g.signedIn("viv"), "Accept", "text/html")...).want(status).says("viv", "Sign out",
			`href="/events"`).saysNot(`href="/webhooks"`, `href="/settings"`)
	}
	g.page("/nowhere").want(404).saysNot("Sign out")
}

// A background request is no use of the session.
func TestAnOpenPageIsNoUseOfASession(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	seen := func() string {
		sessions, err := g.access.Sessions(context.Background(), access.LocalPrincipal())
		if err != nil || len(sessions) != 1 {
			t.Fatalf("%d sessions, %v", len(sessions), err)
		}
		return sessions[0].SeenAt.String()
	}
	before := seen()
	g.do("GET", "/event-badges?id=evt_1", "", root...)
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket", http.Header{root[0]: {root[1]}})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	// And every part of a page that comes anew by itself.
	g.do("POST", apiPath+"/events/webhooks", `{"url":"https://example.com/hook","event_types":["*"]}`, g.key("hooks",
		account.ScopeManage)...).want(200)
	for _, path := range []string{"/", "/webhooks"} {
		page := string(g.do("GET", path, "", append(root, "Accept", "text/html")...).want(200).body)
		asks := regexp.MustCompile(`<\w+[^>]* hx-trigger="every [^>]*>`).FindAllString(page, -1)
		if len(asks) != 1 {
			t.Fatalf("%s comes anew %d times", path, len(asks))
		}
		var headers map[string]string
		if err := json.Unmarshal([]byte(html.UnescapeString(between(asks[0], `hx-headers="`, `"`))), &headers); err != nil {
			t.Fatal(err)
		}
		before = seen()
		for name, value := range headers {
			g.do("GET", path, "", append(root, "Accept", "text/html", "HX-Request", "true", name, value)...).want(200)
		}
		if after := seen(); after != before {
			t.Errorf("%s was asked for by itself: used at %s, and then at %s", path, before, after)
		}
	}
	// Once the session has ended, it gets no page to sign in on in its place.
	g.do("GET", "/", "", "Accept", "text/html", "HX-Request", "true").want(401)
	g.do("GET", "/", "", "Accept", "text/html").want(303)
	if g.do("GET", "/account", "", root...).want(200); seen() == before {
		t.Error("a page that somebody asks for is no use")
	}
}

// Some proxies add their word as a header of its own, after the client's.
func TestAClientsOwnForwardedHeaderDoesNotCount(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, netip.MustParsePrefix("127.0.0.0/8"))
	req := g.request(http.MethodPost, "/sign-in", url.Values{"name": {"root"}, "password": {testPassword}}.Encode())
	req.Header["X-Forwarded-For"] = []string{"6.6.6.6", "203.0.113.9"}
	g.send(req).want(303)
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Action: "session.begin", Limit: 1})
	if err != nil || len(entries) != 1 || entries[0].Address != "203.0.113.9" {
		t.Errorf("%+v, %v; what the proxy adds counts", entries, err)
	}
}

// Resetting the requester's own password would end the session that alone may
// read the new one. People change their own password with the current one.
func TestAnAdministratorsOwnPasswordIsChangedOnTheirAccountsPage(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	for _, name := range []string{"root", "ROOT"} {
		g.form("/settings/accounts/password", url.Values{"name": {name}}, root...).want(409).says("/account")
	}
	g.do("GET", "/account", "", append(root, "Accept", "text/html")...).want(200)
	if _, _, err := g.access.SignIn(context.Background(), access.SignIn{Name: "root", Password: access.NewSecret(testPassword)}); err != nil {
		t.Errorf("the password has changed: %v", err)
	}
}

// However much else is asked for, the audit tells what was searched for.
func TestALongSearchIsOnRecord(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	query := url.Values{"q": {"alice"}}
	for i := range 30 {
		query.Add("camera_id", fmt.Sprint(i, strings.Repeat("x", 100)))
	}
	g.do("GET", apiPath+"/events/recent?"+query.Encode(), "", g.signedIn("root")...).want(200)
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Action: string(access.EventSearch), Limit: 1})
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Details, g.store.Secrets.Digest("alice")) {
		t.Errorf("%+v, %v", entries, err)
	}
}
