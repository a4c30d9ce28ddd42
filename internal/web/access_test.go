package web

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/posterntest"
	"postern/internal/store/auditlog"
)

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	// A page leads to where one signs in, and from there back to it.
	a := g.do("GET", "/events?q=x", "", "Accept", "text/html").want(303)
	if to := a.header.Get("Location"); to != "/sign-in?next=%2Fevents%3Fq%3Dx" {
		t.Errorf("it leads to %s", to)
	}
	g.do("GET", "/sign-in?next=%2Fevents%3Fq%3Dx", "", "Accept", "text/html").want(200)
	wrong := g.form("/sign-in", url.Values{"name": {"root"}, "password": {"wrong"}, "next": {"/events"}}).want(401)
	if !strings.Contains(string(wrong.body),
		"The name or the password is wrong.") || wrong.cookie() != nil || strings.Contains(string(wrong.body), ">wrong<") {
		t.Errorf("a wrong password: %s", wrong.body)
	}
	in := g.form("/sign-in", url.Values{"name": {"root"}, "password": {testPassword}, "next": {"/events?q=x"}}).want(303)
	cookie := in.cookie()
	if in.header.Get("Location") != "/events?q=x" || cookie == nil || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode ||
		cookie.Path != "/" || cookie.Domain != "" {
		t.Fatalf("signed in: %v", in.header)
	}
	session := []string{"Cookie", cookie.Name + "=" + cookie.Value, "Accept", "text/html"}
	if page := g.do("GET", "/", "", session...).want(200); !strings.Contains(string(page.body),
		">root<") || !strings.Contains(string(page.body), "/sign-out") {
		t.Error("the page doesn't say who is signed in")
	}
	// Signing in again begins a new session, and ends the one before.
	again := g.form("/sign-in", url.Values{"name": {"root"}, "password": {testPassword}}, session[:2]...).want(303)
	if again.cookie().Value == cookie.Value {
		t.Error("the session's id stayed")
	}
	g.do("GET", "/", "", session...).want(303)
	session[1] = again.cookie().Name + "=" + again.cookie().Value
	out := g.form("/sign-out", nil, session[:2]...).want(303)
	if c := out.cookie(); c == nil || c.Value != "" || c.Expires.After(time.Now()) {
		t.Errorf("signed out: %v", out.header)
	}
	g.do("GET", "/", "", session...).want(303)
}

func TestTriesAreLimited(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	for i := range 20 {
		a := g.form("/sign-in", url.Values{"name": {"root"}, "password": {"wrong password"}})
		if a.status == 429 {
			if a.header.Get("Retry-After") == "" || i < 3 {
				t.Errorf("after %d tries: %v", i, a.header)
			}
			return
		}
	}
	t.Error("a password can be guessed for ever")
}

func TestALinkFromElsewhereKeepsTheSession(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	// The browser keeps a strict cookie back here: the page begins anew on its
	// own, and then has it.
	a := g.do("GET", "/events/evt_1", "", "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate",
		"Sec-Fetch-Dest", "document").want(200)
	if !strings.Contains(string(a.body), `http-equiv="refresh" content="0; url=/events/evt_1"`) {
		t.Errorf("%s", a.body)
	}
}

func TestAWallScreensLinkBecomesASession(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	key := strings.TrimPrefix(g.key("wall", account.ScopeMonitor)[1], "Bearer ")
	a := g.do("GET", "/monitor?camera_id=gate&key="+key, "", "Accept", "text/html").want(303)
	if to := a.header.Get("Location"); to != "/monitor?camera_id=gate" || a.cookie() == nil {
		t.Fatalf("it leads to %s with %v", to, a.cookie())
	}
	session := []string{"Cookie", a.cookie().Name + "=" + a.cookie().Value, "Accept", "text/html"}
	page := g.do("GET", "/monitor", "", session...).want(200)
	if strings.Contains(string(page.body), key) || !strings.Contains(string(page.body), "deny-acknowledge") {
		t.Error("the wall shows the key, or offers to acknowledge")
	}
	g.do("GET", "/events", "", session...).want(403)
	g.form("/events/evt_1/acknowledge", nil, session[:2]...).want(403)
	if err := g.access.RevokeKey(context.Background(), console, "wall"); err != nil {
		t.Fatal(err)
	}
	g.do("GET", "/monitor", "", session...).want(303)
	// A key that may do more doesn't stand in links.
	g.do("GET", "/monitor?key="+strings.TrimPrefix(g.key("reader", account.ScopeRead)[1], "Bearer "), "", "Accept", "text/html").want(403)
}

// Another site's page can lead somebody to a wall's link; it doesn't take the
// place of who they are.
func TestAWallScreensLinkSignsNobodyOut(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	link := "/monitor?key=" + strings.TrimPrefix(g.key("wall", account.ScopeMonitor)[1], "Bearer ")
	cross := []string{"Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	if a := g.do("GET", link, "", cross...).want(200); a.cookie() != nil || !strings.Contains(string(a.body), `content="0; url=`+link) {
		t.Errorf("from elsewhere: %v %.300s", a.header, a.body)
	}
	signedIn := append(g.signedIn("root"), "Accept", "text/html", "Sec-Fetch-Site", "same-origin")
	if a := g.do("GET", link, "", signedIn...).want(303); a.cookie() != nil || a.header.Get("Location") != "/monitor" {
		t.Errorf("signed in: %v", a.header)
	}
	// A request that only previews a link, or sends a form, opens nothing.
	if a := g.send(g.request("HEAD", link, "")); a.cookie() != nil {
		t.Errorf("looked at: %v", a.header)
	}
	if a := g.form(strings.Replace(link, "?", "/acknowledge?", 1), nil); a.cookie() != nil {
		t.Errorf("sent: %v", a.header)
	}
}

// A wall's key is for the monitor. The rows of the events page can be asked for
// by text and time, which would be all of the history.
func TestAWallsKeyDoesNotSearchThroughItsSocket(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.seen(event.FaceMatched, "lobby", "Alice")
	wall := g.key("wall", account.ScopeMonitor)
	g.account("eve", account.Viewer)
	for query, want := range map[string]int{"": 403, "?q=alice": 403, "?until=2099-01-01T00:00:00Z": 403, "?only=rows": 403,
		"?only=monitor": 101, "?only=state": 101} {
		if got := g.upgrade("/live/socket"+query, wall...); got != want {
			t.Errorf("a wall's key gets %d for %q, want %d", got, query, want)
		}
		if got := g.upgrade("/live/socket"+query, g.signedIn("eve")...); got != 101 {
			t.Errorf("a viewer gets %d for %q", got, query)
		}
	}
}

// The number of acknowledged alerts counts those of other cameras, too, so a key
// that is restricted to the lobby isn't told it.
func TestAMonitorOfSomeCamerasIsNotToldHowManyAlertsAreGone(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	var last *event.Event
	for range 7 {
		last = g.seen(event.WatchlistAlert, "vault", "Hidden")
	}
	told := make(map[string]string)
	watch := map[string]*websocket.Conn{}
	for name, headers := range map[string][]string{"some": g.key("some", account.ScopeMonitor, onlyCameras("lobby")),
		"all": g.key("all", account.ScopeMonitor)} {
		conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket?only=monitor",
			http.Header{headers[0]: {headers[1]}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		hear(t, conn, "alert-cards")
		watch[name] = conn
	}
	g.do("POST", apiPath+"/events/alerts/acknowledge", `{"through":"`+last.ID+`"}`, g.signedIn("root")...).want(200)
	for name, conn := range watch {
		told[name] = between(hear(t, conn, "acknowledged: "), "acknowledged: ", "<")
	}
	if told["all"] != "7 alerts" || told["some"] != "alerts" {
		t.Errorf("they are told %q", told)
	}
}

func TestBehindAProxyThatIsNamed(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, netip.MustParsePrefix("127.0.0.0/8"))
	through := []string{"X-Forwarded-For", "6.6.6.6, 203.0.113.9", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "postern.example",
		"Host", "postern.example", "Accept", "text/html", "Origin", "https://postern.example", "Sec-Fetch-Site", "same-origin"}
	in := g.do(http.MethodPost, "/sign-in", url.Values{"name": {"root"}, "password": {testPassword}}.Encode(), through...).want(303)
	c := in.cookie()
	if c == nil || c.Name != "__Host-postern" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("over TLS the cookie is %+v", c)
	}
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Action: "session.begin", Limit: 1})
	if err != nil || len(entries) != 1 || entries[0].Address != "203.0.113.9" {
		t.Errorf("%+v, %v; the nearest address that is no proxy counts", entries, err)
	}
	// Another site's page through the same proxy is refused as ever.
	through[11] = "https://evil.example"
	g.do(http.MethodPost, "/sign-in", "", through...).want(403)
}

func TestWhatIsDoneIsOnRecord(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	alert := g.seen(event.WatchlistAlert, "lobby", "Alice")
	var hook struct {
		ID string `json:"id"`
	}
	g.do("POST", apiPath+"/events/webhooks",
		`{"url":"https://example.com/hook","event_types":["*"],"secret":"whsec_0123456789abcdef0123456789abcdef"}`, root...).want(200).into(&hook)
	g.do("POST", apiPath+"/events/webhooks/"+hook.ID+"/pause", "", root...).want(200)
	g.do("DELETE", apiPath+"/events/webhooks/"+hook.ID, "", root...).want(200)
	g.do("POST", apiPath+"/events/"+alert.ID+"/acknowledge", `{"by":"somebody else"}`, root...).want(200)
	g.do("GET", apiPath+"/events/recent?q=Alice&camera_id=lobby", "", root...).want(200)
	g.do("GET", apiPath+"/events/export?q=Alice", "", root...).want(200)
	g.do("GET", "/events?q=Alice", "", append(root, "Accept", "text/html")...).want(200)
	g.do("GET", apiPath+"/identities/id-Alice", "", root...).want(200)
	g.do("DELETE", apiPath+"/identities/id-Alice", "", root...)
	g.do("POST", apiPath+"/events/webhooks/"+hook.ID+"/pause", "", root...).want(404) // and that it failed
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Actor: "root", Limit: 100, Fold: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, strings.TrimSuffix(e.Action+" "+e.Target+" "+e.Outcome, " done"))
		if e.Address != "127.0.0.1" && e.Action != "session.begin" || strings.Contains(e.Details+e.Target, "Alice") {
			t.Errorf("%+v", e)
		}
		if strings.HasPrefix(e.Action, "event.") && !strings.Contains(e.Details,
			g.store.Secrets.Digest("alice")) && !strings.Contains(e.Details, g.store.Secrets.Digest("id-Alice")) {
			t.Errorf("who knows the text can't tell: %s", e.Details)
		}
	}
	want := []string{"webhook.pause " + hook.ID + " failed", "identity.erase " + g.store.Secrets.Digest("id-Alice"), "event.search ",
		"event.search ", "event.export ", "event.search ", "alert.acknowledge " + alert.ID, "webhook.remove " + hook.ID,
		"webhook.pause " + hook.ID, "webhook.add " + hook.ID, "session.begin "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("on record is\n%q\nwant\n%q", got, want)
	}
	// The account that is signed in acknowledges; a name in the request is ignored.
	if a := g.do("GET", apiPath+"/events/alerts?state=acknowledged", "", root...); !strings.Contains(string(a.body), `"by":"root"`) {
		t.Errorf("%s", a.body)
	}
	page := g.do("GET", "/settings/audit?verify=yes", "", append(root, "Accept", "text/html")...).want(200)
	for _, words := range []string{"Webhook removal", "Event export", "Integrity verified"} {
		if !strings.Contains(string(page.body), words) {
			t.Errorf("the page doesn't say %q", words)
		}
	}
}

// Every search for a person leaves a trace: also one that begins in the middle,
// at a cursor that is made up, and one through a webhook's preview.
func TestLookingForAPersonInAnotherWayIsOnRecord(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	g.seen(event.FaceMatched, "lobby", "Alice")
	searches := func() (list []*auditlog.Entry) {
		list, err := g.access.Audit(context.Background(), auditlog.Query{Action: string(access.EventSearch), Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	known := 0
	for _, ask := range []func() *answer{
		func() *answer {
			return g.do("GET", apiPath+"/events/recent?q=Alice&cursor="+event.FormatCursor(1<<40, false), "", root...)
		},
		func() *answer {
			return g.do("GET", "/events?q=Alice&cursor="+event.FormatCursor(1<<40, false), "", append(root, "Accept", "text/html")...)
		},
		func() *answer {
			return g.do("POST", apiPath+"/events/webhooks/preview", `{"event_types":["*"],"conditions":{"label":"Alice"}}`, root...)
		},
		func() *answer {
			return g.form("/webhooks/preview", url.Values{"url": {"https://example.com/hook"}, "event_types": {"*"},
				"conditions": {`{"label":"Alice"}`}}, root...)
		},
	} {
		if a := ask().want(200); !strings.Contains(string(a.body), "Alice") {
			t.Errorf("%d searches in, nothing is found: %.300s", known, a.body)
		}
		list := searches()
		if known++; len(list) != known {
			t.Fatalf("%d searches are on record, want %d", len(list), known)
		}
		if strings.Contains(list[0].Details, "Alice") {
			t.Errorf("the audit has the name: %s", list[0].Details)
		}
	}
	if a, b := searches()[0].Details, searches()[1].Details; a != b {
		t.Errorf("the same conditions are on record as %s and %s", a, b)
	}
	g.do("POST", apiPath+"/events/webhooks/preview", `{"event_types":["*"],"conditions":{}}`, root...).want(200)
	if n := len(searches()); n != known {
		t.Error("what asks for nobody is on record")
	}
}

// A page that searches and its socket, which goes on with the search, are one
// search; whatever else asks for a person has its own entry.
func TestASearchAndItsSocketAreOneEntry(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	searches := func() int {
		t.Helper()
		list, err := g.access.Audit(context.Background(), auditlog.Query{Action: string(access.EventSearch), Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for i, step := range []struct {
		as     []string
		path   string
		socket bool
		fresh  bool
	}{
		{as: root, path: "?q=alice&camera_id=b&camera_id=a", fresh: true},
		{as: root, path: "?q=alice&camera_id=a&camera_id=b", socket: true},
		{as: root, path: "?q=alice&camera_id=b&camera_id=a", socket: true}, // connected anew
		{as: root, path: "?q=bob&camera_id=a&camera_id=b", socket: true, fresh: true},
		{as: root, path: "?q=alice", socket: true, fresh: true},
		{as: root, path: "?q=alice&camera_id=a%26n%3Db", socket: true, fresh: true},
		{as: root, path: "?q=alice&camera_id=a&camera_id=b&event_type=face_matched", socket: true, fresh: true},
		{as: g.signedIn("root"), path: "?q=alice&camera_id=a&camera_id=b", socket: true, fresh: true},
		{as: root, path: "?q=alice&camera_id=a&camera_id=b", fresh: true}, // each page is a search
	} {
		before := searches()
		if step.socket {
			if status := g.upgrade("/live/socket"+step.path, step.as...); status != 101 {
				t.Fatal(status)
			}
		} else {
			g.do("GET", "/events"+step.path, "", append(step.as, "Accept", "text/html")...).want(200)
		}
		if got := searches() > before; got != step.fresh {
			t.Errorf("step %d, %s: on record %t", i, step.path, got)
		}
	}
}

// An action that locks a person out, or can't be undone, asks first.
func TestAccountsAndKeysAskBeforeTheyGo(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	g.account("olga", account.Operator)
	g.key("engine", account.ScopeIngest)
	page := func(path string) *answer { return g.do("GET", path, "", append(root, "Accept", "text/html")...) }
	page("/settings/accounts").want(200).
		says(`href="/settings/accounts/remove?name=olga"`, `href="/settings/accounts/disable?name=olga"`,
			`href="/settings/accounts/password?name=olga"`, `href="/account">Change your password`).
		saysNot(`action="/settings/accounts/remove"`, `action="/settings/accounts/disable"`, `action="/settings/accounts/password"`,
			"password?name=root")
	page("/settings/keys").want(200).says(`href="/settings/keys/revoke?name=engine"`).saysNot(`action="/settings/keys/revoke"`)
	page("/account").want(200).says(`<form class="confirm-body" method="post" action="/account/sessions/end"`)
	for path, says := range map[string]string{
		"/settings/accounts/remove?name=olga": "Remove this account?", "/settings/accounts/disable?name=olga": "Disable this account?",
		"/settings/accounts/password?name=olga": "Reset this password?", "/settings/keys/revoke?name=engine": "Revoke this key?",
	} {
		at, name, _ := strings.Cut(path, "?name=")
		page(path).want(200).says(says, `method="post" action="`+at+`"`, `name="name" value="`+name+`"`)
		page(at + "?name=nobody").want(404)
		page(at).want(404)
	}
	// Asking changes nothing.
	if _, _, err := g.access.SignIn(context.Background(), access.SignIn{Name: "olga", Password: access.NewSecret(testPassword)}); err != nil {
		t.Error(err)
	}
}

func TestAccountsAndKeysAreManagedOnPages(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	added := g.land(g.form("/settings/accounts", url.Values{"name": {"olga"}, "role": {"operator"}, "cameras": {"lobby\ngate"}},
		root...), root...)
	added.says("Added the account olga.", "This is its password.").saysNot("signs its deliveries")
	password := between(string(added.body), `id="new-password">`, "<")
	if len(password) < 10 {
		t.Fatalf("the page shows no password: %.200s", password)
	}
	id, p, err := g.access.SignIn(context.Background(), access.SignIn{Name: "olga", Password: access.NewSecret(password)})
	if err != nil || p.Role != account.Operator || !p.Cameras.Allow("gate") || p.Cameras.Allow("vault") {
		t.Fatalf("%+v, %v", p, err)
	}
	olga := []string{"Cookie", "postern=" + id.Reveal()}
	for _, c := range []struct {
		values url.Values
		says   string
	}{{url.Values{"name": {"olga"}, "role": {"viewer"}}, "already"}, {url.Values{"name": {"<b>"}, "role": {"viewer"}}, "field-error"},
		{url.Values{"name": {"x"}, "role": {"king"}}, "field-error"}} {
		if a := g.form("/settings/accounts", c.values, root...); a.status/100 != 4 || !strings.Contains(string(a.body), c.says) {
			t.Errorf("%v: %d", c.values, a.status)
		}
	}
	settings := string(g.do("GET", "/settings", "", append(root, "Accept", "text/html")...).want(200).body)
	if strings.Contains(settings, "needs no key") || !strings.Contains(settings, `href="/settings/keys"`) {
		t.Error("the settings say that no key is needed, or don't lead to the keys")
	}
	g.form("/settings/accounts/role", url.Values{"name": {"olga"}, "role": {"viewer"}}, root...).want(303)
	g.form("/settings/accounts/role", url.Values{"name": {"root"}, "role": {"viewer"}}, root...).want(409) // the last one
	g.form("/settings/accounts", url.Values{"name": {"x"}, "role": {"viewer"}}, olga...).want(403)
	changed := g.form("/account/password", url.Values{"current": {password}, "password": {"another good one 7"}}, olga...).want(303)
	_ = changed
	g.form("/account/password", url.Values{"current": {password}, "password": {"another good one 8"}}, olga...).want(400)
	g.do("GET", "/account", "", append(olga, "Accept", "text/html")...).want(200)
	g.form("/settings/accounts/disable", url.Values{"name": {"olga"}, "disabled": {"yes"}}, root...).want(303)
	g.do("GET", "/account", "", append(olga, "Accept", "text/html")...).want(303)

	made := g.land(g.form("/settings/keys", url.Values{"name": {"engine"}, "scope": {"ingest"}, "expires": {"2099-01-01"}}, root...), root...)
	key := between(string(made.body), `id="made-key">`, "<")
	bearer := []string{"Authorization", "Bearer " + key}
	g.do("POST", apiPath+"/events", `{"type":"face_detected","source":"x"}`, bearer...).want(202)
	g.do("GET", apiPath+"/events/recent", "", bearer...).want(403)
	if page := g.do("GET", "/settings/keys", "", append(root, "Accept", "text/html")...).want(200); strings.Contains(string(page.body),
		key) || !strings.Contains(string(page.body), "engine") {
		t.Error("the list shows the key again, or doesn't name it")
	}
	wall := g.land(g.form("/settings/keys", url.Values{"name": {"wall"}, "scope": {"monitor"}}, root...), root...)
	if !strings.Contains(string(wall.body), "/monitor?key=pst_") {
		t.Error("a monitor's key comes without its link")
	}
	g.form("/settings/keys", url.Values{"name": {"none"}}, root...).want(400)
	g.form("/settings/keys/revoke", url.Values{"name": {"engine"}}, root...).want(303)
	g.do("POST", apiPath+"/events", `{"type":"face_detected","source":"x"}`, bearer...).want(401)
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

func TestOpenOnThisMachineWithoutAKey(t *testing.T) {
	t.Parallel()
	s := startServiceWith(t, func(p *posterntest.Postern) Options { return Options{Access: p.Access(), Open: true} })
	s.get(apiPath + "/events/recent").want(200)
	// Clients that always send a key work as they do elsewhere.
	s.do("GET", apiPath+"/events/recent", "", "Authorization", "Bearer sk_anything").want(200)
	s.do("GET", "/account", "", "Accept", "text/html").want(403)
	// A request that a proxy forwards may come from anywhere.
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"} {
		if p := s.do("GET", apiPath+"/events/recent", "", header, "10.1.2.3").problem(403); !strings.Contains(p.Detail, "--trusted-proxy") {
			t.Errorf("%s: %s", header, p.Detail)
		}
	}
	// And it goes on record as what it is.
	s.get(apiPath + "/events/recent?q=alice").want(200)
	page := s.do("GET", "/settings/audit", "", "Accept", "text/html").want(200)
	if !strings.Contains(string(page.body), "This machine") || !strings.Contains(string(page.body), "Event search") {
		t.Error("the search is not on record")
	}
}
