package web

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/auditlog"
)

// breakAudit makes the audit refuse the entries that a condition on NEW picks,
// as a disk does that is full just then.
func (s *service) breakAudit(when string) (mend func()) {
	s.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "postern.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE TRIGGER broken BEFORE INSERT ON audit WHEN " + when +
		" BEGIN SELECT RAISE(ABORT, 'no entry'); END"); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		if _, err := db.Exec("DROP TRIGGER broken"); err != nil {
			s.t.Fatal(err)
		}
	}
}

// A change that can't be audited isn't made, on any route that changes
// something.
func TestNothingIsChangedWithoutAnEntry(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	alert := g.seen(event.WatchlistAlert, "lobby", "Alice")
	var hook, hold struct {
		ID string `json:"id"`
	}
	const webhook, kept = `{"url":"https://example.com/hook","event_types":["*"],` +
		`"secret":"whsec_0123456789abcdef0123456789abcdef"}`, `{"reason":"case 12","camera_ids":["gate"]}`
	g.do("POST", apiPath+"/events/webhooks", webhook, root...).want(200).into(&hook)
	g.do("POST", apiPath+"/holds", kept, root...).want(200).into(&hold)
	before := g.everything(root, hook.ID)
	mend := g.breakAudit("1")
	bodies := map[string]string{apiPath + "/events/webhooks": webhook, apiPath + "/holds": kept,
		apiPath + "/events/alerts/acknowledge": `{"by":"a","through":"` + alert.ID + `"}`}
	tried := 0
	for _, r := range g.server.table {
		if r.audit == "" {
			continue
		}
		tried++
		id := hook.ID
		switch {
		case strings.Contains(r.path, "/identities/"):
			id = "id-Alice"
		case strings.Contains(r.path, "/holds/"):
			id = hold.ID
		case strings.HasSuffix(r.path, "/acknowledge"), strings.HasPrefix(r.path, "/events/"):
			id = alert.ID
		}
		a := g.do(r.method, strings.NewReplacer(":id", id, ":replay", "r").Replace(r.path), bodies[r.path],
			append(root, "Accept", "application/json")...)
		if a.status != 503 || a.header.Get("Retry-After") == "" || !strings.Contains(string(a.body), "The audit can't be written") {
			t.Errorf("%s %s: %d %s", r.method, r.path, a.status, a.body)
		}
	}
	if tried < 20 {
		t.Errorf("only %d routes change something", tried)
	}
	mend()
	if after := g.everything(root, hook.ID); after != before {
		t.Errorf("something was changed: before\n%s\nafter\n%s", before, after)
	}
}

// everything is what the changes of the table would change.
func (g *guarded) everything(as []string, hook string) string {
	var b strings.Builder
	for _, path := range []string{"/events/webhooks", "/events/webhooks/" + hook, "/events/webhooks/" + hook + "/states",
		"/events/webhooks/" + hook + "/replays", "/holds", "/events/alerts", "/identities/id-Alice"} {
		fmt.Fprintf(&b, "%s\n", g.do("GET", apiPath+path, "", as...).want(200).body)
	}
	return b.String()
}

// The process may end, or the disk fill up, between a change and the entry
// that tells its end: that it began is on record all the same.
func TestAChangeWhoseEndIsNotToldIsOnRecord(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	var hook struct {
		ID string `json:"id"`
	}
	g.do("POST", apiPath+"/events/webhooks",
		`{"url":"https://example.com/hook","event_types":["*"],"secret":"whsec_0123456789abcdef0123456789abcdef"}`, root...).want(200).into(&hook)
	mend := g.breakAudit("NEW.outcome <> 'begun'")
	g.do("POST", apiPath+"/events/webhooks/"+hook.ID+"/pause", "", root...).want(200)
	mend()
	entries := func(fold bool) (list []string) {
		found, err := g.access.Audit(context.Background(), auditlog.Query{Action: "webhook.", Fold: fold})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			list = append(list, e.Action+" "+e.Outcome)
		}
		return list
	}
	if got := fmt.Sprint(entries(true)); got != "[webhook.pause begun webhook.add done]" {
		t.Errorf("on record is %s", got)
	}
	if got := fmt.Sprint(entries(false)); got != "[webhook.pause begun webhook.add done webhook.add begun]" {
		t.Errorf("in full it is %s", got)
	}
	page := g.do("GET", "/settings/audit", "", append(root, "Accept", "text/html")...).want(200)
	if text := string(page.body); strings.Count(text, "started, no outcome recorded") != 1 ||
		strings.Count(text, "Webhook registration</") > 1 {
		t.Errorf("the page doesn't say what isn't known: %s", between(text, "<tbody>", "</tbody>"))
	}
	if _, err := g.access.Verify(context.Background(), access.Mark{}); err != nil {
		t.Error(err)
	}
}

// A search too many is refused with a sentence and a time, and shows nothing.
func TestTooManySearchesAreRefused(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.seen(event.FaceMatched, "lobby", "Alice")
	reader := g.key("reader", account.ScopeRead)
	for deadline := time.Now().Add(time.Minute); ; {
		a := g.do("GET", apiPath+"/events/recent?q=Alice", "", reader...)
		if a.status == 429 {
			if a.header.Get("Retry-After") != "1" || !strings.Contains(string(a.body), "go on record") || strings.Contains(string(a.body), "Alice") {
				t.Errorf("%v %s", a.header, a.body)
			}
			break
		}
		if a.want(200); time.Now().After(deadline) {
			t.Fatal("it is never refused")
		}
	}
	// Requests that aren't audited go on, and so do other changes.
	g.do("GET", apiPath+"/events/recent", "", reader...).want(200)
	g.do("GET", apiPath+"/events/recent?q=Alice", "", g.signedIn("root")...).want(200)
}
