package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"postern/internal/account"
	"postern/internal/alert"
	"postern/internal/delivery"
	"postern/internal/fullsize"
	"postern/internal/store/alerts"
	"postern/internal/store/deliveries"
	"postern/internal/web/api"
)

// A page of a walk over all of them, with its route.
type walked struct{ route, path string }

// walk has what the addresses of pages name.
type walk struct {
	*guarded
	group, alert, event, webhook, attempt string
}

// newWalk looks up what the addresses name: the newest of each kind, and the
// webhook with the largest backlog.
func newWalk(t *testing.T, g *guarded) *walk {
	t.Helper()
	ctx := t.Context()
	w := &walk{guarded: g}
	page, err := g.store.Alerts.List(ctx, alerts.Query{Limit: 1})
	if err != nil || len(page.Events) == 0 {
		t.Fatal(err, page)
	}
	w.alert = page.Events[0].ID
	w.group = g.store.Alerts.CauseID(alert.CauseOf(page.Events[0])).String()
	w.webhook = fullsize.FailingWebhook
	found, _, err := g.store.Deliveries.Attempts(ctx, w.webhook, deliveries.AttemptCursor{}, 1, delivery.AttemptFilter{})
	if err != nil || len(found) == 0 {
		t.Fatal(err, found)
	}
	w.attempt, w.event = found[0].ID(), found[0].EventID
	return w
}

// others are addresses beside those of the routes alone: what a person filters by.
func (w *walk) others() map[string][]string {
	label, _ := fullsize.Person(1)
	search := strings.ReplaceAll(label, " ", "+")
	return map[string][]string{
		"/events": {"/events?q=" + search, "/events?event_type=watchlist_alert",
			"/events?camera_id=" + fullsize.Camera(1) + "&event_type=face_matched", "/events?until=-3d", "/events?q=nothing+of+the+kind"},
		"/events/:id":                 {"/events/" + w.event},
		"/webhooks/:id":               {"/webhooks/" + w.webhook + "?outcome=failed"},
		"/cameras/setting":            {"/cameras/setting?camera_id=" + fullsize.Camera(1)},
		"/event-badges":               {"/event-badges?id=" + w.alert + "&id=" + w.event},
		"/webhooks/check-url":         {"/webhooks/check-url?url=http://127.0.0.1:9/x"},
		"/monitor":                    {"/monitor?event_type=watchlist_alert,system_error"},
		"/settings/audit":             {"/settings/audit?action=webhook.pause"},
		"/settings/accounts/password": {"/settings/accounts/password?name=viewer"},
		"/settings/accounts/disable":  {"/settings/accounts/disable?name=viewer"},
		"/settings/accounts/remove":   {"/settings/accounts/remove?name=viewer"},
		"/settings/keys/revoke":       {"/settings/keys/revoke?name=engine"},
	}
}

// named are routes that have no page without a query.
var named = []string{"/cameras/setting", "/event-badges", "/webhooks/check-url", "/settings/accounts/password",
	"/settings/accounts/disable", "/settings/accounts/remove", "/settings/keys/revoke"}

// lists returns the addresses of all GET routes for which is holds. A parameter that
// fill doesn't know fails the test: a new page says here what it is to be measured with.
func (w *walk) lists(t *testing.T, is func(route) bool) (all []walked) {
	t.Helper()
	others := w.others()
	for _, r := range w.server.table {
		if r.method != http.MethodGet || !is(r) {
			continue
		}
		if !slices.Contains(named, r.path) {
			all = append(all, walked{r.path, w.fill(t, r.path)})
		}
		for _, path := range others[r.path] {
			all = append(all, walked{r.path, path})
		}
	}
	return all
}

// fill puts ids for the parameters of a route.
func (w *walk) fill(t *testing.T, route string) string {
	t.Helper()
	page := strings.TrimPrefix(strings.TrimPrefix(route, apiPath), "/events/webhooks")
	if page != strings.TrimPrefix(route, apiPath) {
		page = "/webhooks" + page
	}
	var filled []string
	parts := strings.Split(page, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			value, known := w.ids()[parts[i-1]]
			if !known {
				t.Fatalf("%s: which %s?", route, part)
			}
			part = value
		}
		filled = append(filled, part)
	}
	path := strings.Join(filled, "/")
	if !strings.HasPrefix(route, apiPath) {
		return path
	}
	if strings.HasPrefix(route, apiPath+"/events/webhooks") {
		path = "/events" + path
	}
	return apiPath + path
}

// ids has an id for each noun that stands before one in an address.
func (w *walk) ids() map[string]string {
	_, identity := fullsize.Person(1)
	return map[string]string{
		"events": w.alert, "alerts": w.group, "webhooks": w.webhook, "attempts": w.attempt,
		"identities": identity, "cameras": fullsize.Camera(1),
		"api": "webhooks",
	}
}

// isPage reports whether a route is a page or a part of one: not the API, nor a
// socket, a redirection or what machines read. The sign-in page has nothing of the
// site, and is the measure of the machine.
func isPage(r route) bool {
	return !strings.HasPrefix(r.path, apiPath) &&
		!slices.Contains([]string{"/healthz", "/readyz", "/metrics", "/live", "/live/socket", "/sign-in"}, r.path)
}

// isList reports whether a route is one of the API's with a bounded answer. The site
// has no hold, silence, recovery or snapshot.
func isList(r route) bool {
	path, ok := strings.CutPrefix(r.path, apiPath)
	return ok && !slices.Contains([]string{"/events/export", "/events/stream", "/holds/:id", "/holds/:id/events", "/silences/:id",
		"/events/:id/snapshot", "/events/webhooks/recoveries/:id"}, path)
}

// fillAccess adds the accounts and keys that the pages of a site show.
func fillAccess(g *guarded) {
	for _, a := range []struct {
		name string
		role account.Role
	}{{"viewer", account.Viewer}, {"alice", account.Operator}, {"bruno", account.Operator}, {"wall", account.Viewer}} {
		g.account(a.name, a.role)
	}
	g.key("engine", account.ScopeIngest)
	g.key("control-room", account.ScopeMonitor)
}

// TestFullSize_knows_every_page walks over all pages of a small site: a page that
// the walk can't open isn't measured at full size either.
func TestFullSize_knows_every_page(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fullsize.Fill(t, dir, fullsize.Sample)
	g := startGuardedIn(t, dir, Options{})
	fillAccess(g)
	root := g.signedIn("root")
	w := newWalk(t, g)
	for _, p := range w.lists(t, isPage) {
		g.do("GET", p.path, "", append(root, "Accept", "text/html")...).wantFor(p.path, 200)
	}
	for _, p := range w.lists(t, isList) {
		g.do("GET", p.path, "", root...).wantFor(p.path, 200)
	}
	var hooks []api.Webhook
	if g.do("GET", apiPath+"/events/webhooks", "", root...).into(&hooks); len(hooks) != fullsize.Sample.Webhooks {
		t.Errorf("%d webhooks, want %d", len(hooks), fullsize.Sample.Webhooks)
	}
	open, exact, err := g.store.Alerts.Count(t.Context(), alerts.Selection{}, 100)
	if open < int64(fullsize.Sample.Alerts) || !exact || err != nil { // webhooks that begin to fail raise more
		t.Errorf("%d open alerts (exact: %v, %v), want %d or more", open, exact, err, fullsize.Sample.Alerts)
	}
}
