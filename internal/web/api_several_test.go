package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/internal/web/api"
)

// named registers a webhook with a name and a label.
func (g *guarded) named(k *sink, name, label string, by []string) string {
	g.t.Helper()
	var hook api.Webhook
	g.do("POST", apiPath+"/events/webhooks", fmt.Sprintf(`{"url":"%s/%s","event_types":["*"],"name":%q,"description":"Of %s.","labels":[%q]}`,
		k.URL, name, name, label, label), by...).want(200).into(&hook)
	if hook.Name != name || hook.Description == "" || !slices.Equal(hook.Labels, []string{label}) {
		g.t.Errorf("registered %+v", hook)
	}
	return hook.ID
}

func TestSeveralWebhooksAreChangedTogether(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root, k := g.signedIn("root"), startSink(t)
	a, b, c := g.named(k, "a", "north", root), g.named(k, "b", "north", root), g.named(k, "c", "south", root)
	g.account("operator", account.Operator)
	by := g.signedIn("operator")
	change := func(action, body string) (got api.SeveralResults) {
		t.Helper()
		g.do("POST", apiPath+"/events/webhooks/"+action, body, by...).want(200).into(&got)
		return got
	}
	states := func() string {
		var all []api.Webhook
		g.do("GET", apiPath+"/events/webhooks?sort=name", "", by...).want(200).into(&all)
		text := ""
		for _, one := range all {
			text += one.Name + " " + string(one.Status.State) + " "
		}
		return text
	}

	got := change("pause", fmt.Sprintf(`{"ids":[%q,"wh_none",%q,%q]}`, a, c, a))
	if got.Succeeded != 2 || got.Failed != 1 || len(got.Results) != 3 || got.Results[0].WebhookID != a || got.Results[0].Name != "a" ||
		got.Results[0].State != "paused" || got.Results[1].Problem == nil || got.Results[1].Problem.Status != 404 {
		t.Errorf("pause by ids: %+v", got)
	}
	if s := states(); s != "a paused b active c paused " {
		t.Errorf("the states are %s", s)
	}
	if got = change("resume", `{"filter":{"label":["north"],"state":["paused"]}}`); got.Succeeded != 1 || got.Results[0].WebhookID != a {
		t.Errorf("resume by a filter: %+v", got)
	}
	if got = change("test", `{"filter":{"q":"of north"},"event_type":"line_crossed"}`); got.Succeeded != 2 ||
		got.Results[1].Test == nil || got.Results[1].Test.Status != 200 || got.Results[1].WebhookID != b {
		t.Errorf("test by a text: %+v", got)
	}
	if n := len(k.got()); n != 2 {
		t.Errorf("the receiver got %d test events", n)
	}
	if got = change("pause", `{"filter":{"label":["east"]}}`); got.Succeeded+got.Failed != 0 || got.Results == nil {
		t.Errorf("no webhook is selected: %+v", got)
	}
	for body, field := range map[string]string{
		`{}`: "", `{"ids":[],"filter":{}}`: "", `{"ids":[]}`: "ids", `{"filter":{"state":["gone"]}}`: "state",
		`{"filter":{"q":"` + strings.Repeat("x", 201) + `"}}`: "q",
	} {
		p := g.do("POST", apiPath+"/events/webhooks/pause", body, by...).problem(400)
		if field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != field) {
			t.Errorf("%.40s: %+v", body, p)
		}
	}

	// The trail of each webhook is complete.
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Limit: 100, Fold: true})
	if err != nil {
		t.Fatal(err)
	}
	var trail []string
	for _, e := range entries {
		if e.Actor == "operator" && strings.HasPrefix(e.Action, "webhook.") && e.Target != "" {
			trail = append(trail, e.Action+" "+e.Target+" "+e.Outcome)
		}
	}
	slices.Reverse(trail)
	if want := []string{
		"webhook.pause " + a + " done", "webhook.pause wh_none failed", "webhook.pause " + c + " done", "webhook.resume " + a + " done",
		"webhook.test " + a + " done", "webhook.test " + b + " done",
	}; !slices.Equal(trail, want) {
		t.Errorf("the audit has\n%s\nwant\n%s", strings.Join(trail, "\n"), strings.Join(want, "\n"))
	}
}

// Webhooks get the events of all cameras, so that a principal of some cameras may not
// even list them.
func TestSeveralWebhooksNeedThePermission(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	id := g.named(startSink(t), "a", "north", g.signedIn("root"))
	g.account("viewer", account.Viewer)
	g.account("lobby", account.Operator, "lobby")
	for _, by := range [][]string{
		g.signedIn("viewer"), g.signedIn("lobby"), g.key("reader", account.ScopeRead), g.key("producer", account.ScopeIngest),
		g.key("lobby-reader", account.ScopeRead, onlyCameras("lobby")),
	} {
		for _, action := range []string{"pause", "resume", "test"} {
			g.do("POST", apiPath+"/events/webhooks/"+action, `{"ids":["`+id+`"]}`, by...).want(403)
		}
		g.do("GET", apiPath+"/events/webhooks?sort=-p95", "", by...).want(403)
	}
}

func TestListOfWebhooksRefusesUnknownParameters(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, query := range []string{"state=gone", "sort=speed", "sort=--p95", "stat=failing", "q=" + strings.Repeat("x", 201)} {
		s.get(apiPath + "/events/webhooks?" + query).problem(400)
	}
}
