package web

import (
	"net/url"
	"strings"
	"testing"

	"postern/internal/account"
	"postern/internal/event"
)

func TestPalette_suggests_within_permissions_and_camera_scope(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("viewer", account.Viewer)
	g.account("operator", account.Operator)
	g.account("guard", account.Operator, "lobby")
	g.seen(event.WatchlistAlert, "lobby", "Visible Person")
	vault := g.seen(event.WatchlistAlert, "vault", "Hidden Person")
	root := g.signedIn("root")
	g.do("POST", apiPath+"/events/webhooks",
		`{"url":"https://hooks.example.com/door","event_types":["*"],"secret":"whsec_0123456789abcdef0123456789abcdef"}`, root...).want(200)
	sessions := map[string][]string{"root": root}
	for _, name := range []string{"viewer", "operator", "guard"} {
		sessions[name] = g.signedIn(name)
	}
	for _, c := range []struct {
		as, query string
		says      []string
		saysNot   []string
	}{
		{"root", "q=set", []string{`data-to="/settings"`}, nil},
		{"operator", "q=set", nil, []string{`data-to="/settings"`}},
		{"viewer", "", []string{`data-to="/events"`}, []string{`data-to="/webhooks"`, "/settings", "Register"}},
		{"operator", "q=door", []string{"hooks.example.com/door", "/webhooks/"}, nil},
		{"viewer", "q=door", nil, []string{"hooks.example.com", "/webhooks/"}},
		{"operator", "q=pause+door", []string{`/pause" data-post`}, []string{"/resume"}},
		{"viewer", "q=pause+door", nil, []string{`/pause"`}},
		{"operator", "q=vault", []string{"/cameras/vault"}, nil},
		{"guard", "q=vault", nil, []string{"/cameras/vault"}},
		{"guard", "q=lobby", []string{"/cameras/lobby"}, nil},
		{"operator", "q=" + vault.ID, []string{"/events/" + vault.ID, "Watchlist alert"}, []string{"Hidden"}},
		{"guard", "q=" + vault.ID, nil, []string{`"/events/` + vault.ID}},
		{"operator", "q=person&people=1", []string{"Visible Person", "Hidden Person"}, nil},
		{"guard", "q=person&people=1", []string{"Visible Person"}, []string{"Hidden"}},
	} {
		headers := append([]string{"Accept", "text/html"}, sessions[c.as]...)
		a := g.do("GET", "/go/suggestions?"+c.query, "", headers...).want(200).says(c.says...)
		a.saysNot(c.saysNot...)
		// The page has the same suggestions as links.
		for _, says := range c.says {
			if to, ok := strings.CutPrefix(says, `data-to=`); ok {
				g.do("GET", "/go?"+c.query, "", headers...).want(200).says(`<a class="suggestion" href=` + to)
			}
		}
	}
	g.do("GET", "/go/suggestions?q="+url.QueryEscape(strings.Repeat("x", 201)), "", append(root, "Accept", "text/html")...).want(400)
}

// A look at people is on record; the suggestions that need none aren't.
func TestPalette_records_a_search_for_people(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("operator", account.Operator)
	g.seen(event.FaceMatched, "lobby", "Alice Smith")
	operator, root := g.signedIn("operator"), g.signedIn("root")
	searches := func() int {
		a := g.do("GET", "/settings/audit?action=event.search&actor=operator", "", append(root, "Accept", "text/html")...).want(200)
		return strings.Count(between(string(a.body), "<tbody>", "</tbody>"), "<tr")
	}
	g.do("GET", "/go/suggestions?q=alice", "", operator...).want(200).saysNot("Smith")
	if n := searches(); n != 0 {
		t.Errorf("suggestions without people have %d entries", n)
	}
	g.do("GET", "/go/suggestions?q=alice&people=1", "", operator...).want(200).says("Alice Smith", "/events?q=")
	if n := searches(); n != 1 {
		t.Errorf("a search for people has %d entries, want 1", n)
	}
}
