package web

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/fullrun"
)

var updateDocs = flag.Bool("update", false, "write the table of routes into docs/security.md")

// A route that was added past the table has no rule.
func TestEveryRouteHasARule(t *testing.T) {
	t.Parallel()
	s := startService(t)
	ruled := make(map[string]bool)
	for _, r := range s.server.table {
		if ruled[r.method+" "+r.path] {
			t.Errorf("%s %s is there twice", r.method, r.path)
		}
		ruled[r.method+" "+r.path] = true
	}
	for _, r := range s.server.app.GetRoutes(true) { // without middleware
		if r.Method != fiber.MethodHead && !ruled[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not in the table", r.Method, r.Path)
		}
	}
	for _, r := range s.server.table {
		if r.needs == public && !slices.Contains([]string{"/healthz", "/readyz", apiPath + "/openapi.yaml", "/sign-in", "/sign-out"}, r.path) {
			t.Errorf("%s %s is open to anybody", r.method, r.path)
		}
		changes := r.method != http.MethodGet && !strings.HasSuffix(r.path, "/preview") && r.path != apiPath+"/events" &&
			r.path != apiPath+"/events/:id/snapshot" // both are what producers send
		// access records these itself
		own := strings.HasPrefix(r.path, "/settings/") || strings.HasPrefix(r.path, "/account/") || strings.HasPrefix(r.path, "/sign-")
		if changes && !own && r.audit == "" {
			t.Errorf("%s %s changes something, and the audit doesn't say so", r.method, r.path)
		}
	}
}

// asked is somebody who asks, with what they may do.
type asked struct {
	headers []string
	as      access.Principal
}

func everybody(g *guarded) map[string]asked {
	ctx := context.Background()
	all := map[string]asked{"nobody": {},
		"a forged key":     {headers: []string{"Authorization", "Bearer pst_0000000000000000000000000000000000000000000"}},
		"a forged session": {headers: []string{"Cookie", "postern=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}}
	for _, role := range []account.Role{account.Viewer, account.Operator} {
		for name, cameras := range map[string][]string{string(role): nil, string(role) + "-lobby": {"lobby"}} {
			g.account(name, role, cameras...)
			as := access.Principal{Kind: access.Person, Role: role}
			if cameras != nil {
				as.Cameras = account.OnlyCameras(cameras...)
			}
			all[name] = asked{g.signedIn(name), as}
		}
	}
	all["administrator"] = asked{g.signedIn("root"), access.Principal{Kind: access.Person, Role: account.Administrator}}
	for _, scope := range []account.Scope{account.ScopeIngest, account.ScopeRead, account.ScopeSnapshots, account.ScopeManage,
		account.ScopeMonitor} {
		as := access.Principal{Kind: access.Program, Name: "k", Scopes: []account.Scope{scope}}
		all["key "+string(scope)] = asked{g.key(string(scope), scope), as}
		if scope != account.ScopeManage {
			as.Cameras = account.OnlyCameras("lobby")
			all["key "+string(scope)+" lobby"] = asked{g.key(string(scope)+"-lobby", scope, onlyCameras("lobby")), as}
		}
	}
	revoked := g.key("revoked", account.ScopeRead)
	if err := g.access.RevokeKey(ctx, console, "revoked"); err != nil {
		g.t.Fatal(err)
	}
	all["a revoked key"] = asked{headers: revoked}
	expiring := g.key("expiring", account.ScopeRead, func(k *access.NewKey) { k.ExpiresAt = time.Now().Add(50 * time.Millisecond) })
	for deadline := time.Now().Add(5 * time.Second); g.do("GET", apiPath+"/events/types", "", expiring...).status != 401; {
		if time.Now().After(deadline) {
			g.t.Fatal("the key doesn't expire")
		}
		time.Sleep(10 * time.Millisecond)
	}
	all["an expired key"] = asked{headers: expiring}
	g.account("gone", account.Administrator)
	ended := g.signedIn("gone")
	if err := g.access.SetDisabled(ctx, console, "gone", true); err != nil {
		g.t.Fatal(err)
	}
	all["a disabled account"] = asked{headers: ended}
	return all
}

// Each route is tried by everybody. Ids that nobody has keep it from changing
// anything; who may gets past the rule and finds nothing.
func TestEveryRouteIsTriedByEverybody(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	people := everybody(g)
	if fullrun.Short() { // one request follows the other
		people = map[string]asked{"nobody": people["nobody"], "administrator": people["administrator"]}
	}
	for _, r := range g.server.table {
		if strings.HasPrefix(r.path, "/sign-") {
			continue // it would end the sessions of those who try
		}
		id := "nothing"
		if strings.Contains(r.path, "/cameras/") {
			id = "lobby" // a principal of one camera may change this one alone
		}
		path := strings.NewReplacer(":id", id, ":attempt", "1-1-1", ":replay", "nothing").Replace(r.path)
		if strings.HasSuffix(path, "/stream") {
			path += "?after=x" // it would have no end
		}
		for name, p := range people {
			if name == "administrator" && r.path == "/account/sessions/end" {
				continue
			}
			a := g.do(r.method, path, "", append(p.headers, "Accept", "application/json")...)
			allowed := r.needs == public || access.Authorize(p.as, r.needs) == nil
			switch refused := a.status == 401 || a.status == 403; {
			case allowed && (refused || a.status >= 500 && r.path != "/readyz"):
				t.Errorf("%s %s by %s, who may: %d %s", r.method, path, name, a.status, a.body[:min(len(a.body), 200)])
			case !allowed && !refused:
				t.Errorf("%s %s by %s, who may not: %d", r.method, path, name, a.status)
			case !allowed && p.as.Kind == access.Anonymous && a.status != 401:
				t.Errorf("%s %s by %s: %d, want 401", r.method, path, name, a.status)
			case refused && a.status == 401 && a.header.Get("WWW-Authenticate") == "":
				t.Errorf("%s %s by %s: 401 without WWW-Authenticate", r.method, path, name)
			}
		}
	}
}

// The table in docs/security.md is made from the routes.
func TestDocumentedRoutesAreTheRoutes(t *testing.T) {
	t.Parallel()
	s := startService(t)
	rules := make(map[access.Permission]access.Rule)
	for _, r := range access.Rules() {
		rules[r.Permission] = r
	}
	var table strings.Builder
	table.WriteString("| route | people | keys | in the audit |\n|---|---|---|---|\n")
	for _, r := range s.server.table {
		people, keys := "anybody", "any"
		if r.needs != public {
			rule := rules[r.needs]
			people, keys = words(rule.Roles), words(rule.Scopes)
			if rule.Unrestricted {
				people += " ¹"
			}
		}
		fmt.Fprintf(&table, "| `%s %s` | %s | %s | %s |\n", r.method, r.path, people, keys, r.audit)
	}
	const path, begin, end = "../../docs/security.md", "<!-- routes: made by go test ./internal/web -update -->\n", "<!-- end of routes -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	documented, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", path)
	}
	if *updateDocs {
		if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if documented != table.String() {
		t.Errorf("%s has another table; make it anew with go test ./internal/web -run TestDocumentedRoutes -update", path)
	}
}

func words[T ~string](list []T) string {
	if len(list) == 0 {
		return "–"
	}
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}
