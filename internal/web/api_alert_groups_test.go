package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/fullrun"
	"postern/internal/store/auditlog"
)

// alertGroup is a group of alerts in an answer.
type alertGroup struct {
	ID       string
	Type     string `json:"event_type"`
	Cause    struct{ Kind, Value string }
	Alerts   int
	Camera   *string `json:"camera_id"`
	Cameras  int
	Last     int64 `json:"last_seq"`
	Newest   struct{ ID string }
	Assignee *string
}

func (g alertGroup) String() string {
	return fmt.Sprintf("%s %s=%s %d", g.Type, g.Cause.Kind, g.Cause.Value, g.Alerts)
}

// alertGroupPage is a page of groups in an answer.
type alertGroupPage struct {
	Total, Alerts int
	Exact         bool
	ThroughSeq    int64 `json:"through_seq"`
	Groups        []alertGroup
}

func (p alertGroupPage) names() (list []string) {
	for _, g := range p.Groups {
		list = append(list, g.String())
	}
	return list
}

func (s *service) groupPage(query string, headers ...string) (page alertGroupPage) {
	s.t.Helper()
	s.do("GET", apiPath+"/events/alerts/groups"+query, "", headers...).want(200).into(&page)
	return page
}

func (s *service) alertGroups(query string, headers ...string) []alertGroup {
	s.t.Helper()
	return s.groupPage(query, headers...).Groups
}

// groupOf returns the id of an alert's group.
func (s *service) groupOf(e *event.Event) string {
	return s.store.Alerts.CauseID(alert.CauseOf(e)).String()
}

// raiseAt posts alerts as "type camera person".
func (s *service) raiseAt(alerts ...string) {
	s.t.Helper()
	for _, one := range alerts {
		f := strings.Fields(one)
		data := "{}"
		if len(f) > 2 {
			data = fmt.Sprintf(`{"identity_id":%q}`, f[2])
		}
		s.post(apiPath+"/events", fmt.Sprintf(`{"type":%q,"source":"face","camera_id":%q,"data":%s}`, f[0], f[1], data)).want(202)
	}
}

const (
	groupsPath  = apiPath + "/events/alerts/groups"
	ackPath     = apiPath + "/events/alerts/acknowledge"
	historyPath = apiPath + "/events/alerts/history"
)

func TestAlertGroups_areListedMostSevereFirst(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raiseAt("watchlist_alert lobby abc", "system_error gate", "watchlist_alert gate abc", "liveness_failed lobby",
		"watchlist_alert lobby xyz")
	page := s.groupPage("")
	want := []string{"watchlist_alert identity=xyz 1", "watchlist_alert identity=abc 2", "liveness_failed camera=lobby 1",
		"system_error camera=gate 1"}
	if got := page.names(); !slices.Equal(got, want) || page.Total != 4 || page.Alerts != 5 || !page.Exact || page.ThroughSeq != 5 {
		t.Errorf("%v, %+v", got, page)
	}
	if g := page.Groups[1]; g.Camera != nil || g.Cameras != 2 || page.Groups[0].Camera == nil || g.Newest.ID == "" {
		t.Errorf("%+v", page.Groups)
	}
	for query, want := range map[string][]string{
		"?camera_id=gate":                          {"watchlist_alert identity=abc 1", "system_error camera=gate 1"},
		"?event_type=liveness_failed,system_error": want[2:],
		"?source=other":                            nil,
		"?assignee=Alice":                          nil,
		"?limit=2&source=face":                     want[:2],
	} {
		if got := s.groupPage(query).names(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?limit=0", "?cursor=x", "?event_type=alarm", "?state=open", "?assignee=" + strings.Repeat("a", 300)} {
		s.get(groupsPath + query).problem(400)
	}
}

// Pages stay right while alerts arrive, and while those of earlier pages are acknowledged.
func TestAlertGroups_pagesStayRight(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for n := range 7 {
		s.raiseAt(fmt.Sprintf("watchlist_alert lobby p%d", n))
	}
	var got []string
	pages := 0
	for path := groupsPath + "?limit=3"; path != ""; pages++ {
		a := s.get(path).want(200)
		var page alertGroupPage
		a.into(&page)
		for _, g := range page.Groups {
			got = append(got, g.Cause.Value)
			s.post(ackPath, fmt.Sprintf(`{"by":"Alice","groups":[%q],"through_seq":%d}`, g.ID, page.ThroughSeq)).want(200)
		}
		s.raiseAt("watchlist_alert lobby p1", "liveness_failed gate")
		path, _, _ = strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
	}
	if want := []string{"p6", "p5", "p4", "p3", "p2", "p1", "p0"}; pages != 3 || !slices.Equal(got, want) {
		t.Errorf("%d pages: %v, want %v", pages, got, want)
	}
	if left := s.groupPage("").names(); !slices.Equal(left, []string{"watchlist_alert identity=p1 3", "liveness_failed camera=gate 3"}) {
		t.Errorf("open are %v", left)
	}
}

func TestAlertsAcknowledge_takesIDsGroupsOrAFilterAndNothingLater(t *testing.T) {
	t.Parallel()
	s := startService(t)
	acknowledge := func(body string, want int) {
		t.Helper()
		if a := s.post(ackPath, body).want(200); string(a.body) != fmt.Sprintf(`{"acknowledged":%d,"exact":true}`, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	s.raiseAt("watchlist_alert lobby abc", "watchlist_alert gate abc", "system_error gate", "liveness_failed gate")
	seen := s.groupPage("")
	s.raiseAt("watchlist_alert gate abc", "system_error gate") // nobody has seen these
	acknowledge(fmt.Sprintf(`{"by":"Alice","note":"Guard sent.","groups":[%q],"through_seq":%d}`, seen.Groups[0].ID, seen.ThroughSeq), 2)
	acknowledge(fmt.Sprintf(`{"by":"Bob","filter":{"event_type":["system_error"],"camera_id":["gate"]},"through_seq":%d}`, seen.ThroughSeq), 1)
	acknowledge(fmt.Sprintf(`{"by":"Bob","filter":{"camera_id":["nowhere"]},"through_seq":%d}`, seen.ThroughSeq), 0)
	acknowledge(fmt.Sprintf(`{"by":"Bob","filter":{"source":["other"]},"through":%q}`, seen.Groups[0].Newest.ID), 0)
	if left := s.groupPage("").names(); !slices.Equal(left,
		[]string{"watchlist_alert identity=abc 1", "liveness_failed camera=gate 1", "system_error camera=gate 1"}) {
		t.Fatalf("open are %v", left)
	}
	newest := s.groupPage("").Groups[0].Newest.ID
	acknowledge(fmt.Sprintf(`{"by":"Carol","ids":[%q,%q]}`, newest, newest), 1)
	acknowledge(fmt.Sprintf(`{"by":"Carol","ids":[%q]}`, newest), 0)
	s.get(apiPath+"/events/alerts?state=acknowledged&camera_id=lobby").want(200).says(`"by":"Alice"`, `"note":"Guard sent."`)
	// A number beyond the newest event takes what there is, and later alerts stay open.
	acknowledge(`{"by":"Dan","through_seq":9000000000000000000}`, 2)
	s.raiseAt("system_error gate")
	if left := s.groupPage("").names(); len(left) != 1 {
		t.Errorf("open are %v", left)
	}
	s.post(apiPath+"/events", `{"id":"calm","type":"face_matched","source":"face"}`).want(202)
	s.post(ackPath, `{"by":"Alice","ids":["calm"]}`).problem(409)
	s.post(ackPath, `{"by":"Alice","ids":["none"]}`).problem(404)
	for body, says := range map[string]string{
		`{"by":"Alice"}`:                                               "through_seq",
		`{"by":"Alice","filter":{}}`:                                   "through_seq",
		`{"by":"Alice","groups":["0123456789abcdef"]}`:                 "through_seq",
		`{"by":"Alice","groups":["g"],"through_seq":1}`:                "16 hexadecimal digits",
		`{"by":"Alice","groups":[],"through_seq":1}`:                   "1 to 100 groups",
		`{"by":"Alice","ids":[]}`:                                      "1 to 1000 alerts",
		`{"by":"Alice","ids":["a"],"groups":["b"]}`:                    "only one of",
		`{"by":"Alice","through":"a","through_seq":1}`:                 "either",
		`{"by":"Alice","through_seq":-1}`:                              "at least 1",
		`{"by":"Alice","through_seq":1,"note":"\u0007"}`:               "control characters",
		`{"through_seq":1}`:                                            "1 to 100 characters",
		`{"by":"A","filter":{"event_type":["alarm"]},"through_seq":1}`: "event_type",
	} {
		if p := s.post(ackPath, body).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", body, p.Detail)
		}
	}
}

func TestAlertGroup_isAssignedAndHasAHistory(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raiseAt("watchlist_alert lobby abc", "liveness_failed gate")
	group := s.alertGroups("")[0]
	var assigned alertGroup
	s.post(groupsPath+"/"+group.ID+"/assign", `{"by":"Alice","assignee":"Bob","note":"He knows her."}`).want(200).into(&assigned)
	if assigned.Assignee == nil || *assigned.Assignee != "Bob" || assigned.ID != group.ID {
		t.Errorf("%+v", assigned)
	}
	if mine := s.groupPage("?assignee=Bob").names(); !slices.Equal(mine, []string{"watchlist_alert identity=abc 1"}) {
		t.Errorf("Bob's are %v", mine)
	}
	s.post(groupsPath+"/"+group.ID+"/assign", `{"by":"Bob","assignee":null}`).want(200).says(`"assignee":null`)
	s.post(ackPath, fmt.Sprintf(`{"by":"Carol","groups":[%q],"through_seq":2}`, group.ID)).want(200)
	s.post(groupsPath+"/"+group.ID+"/assign", `{"by":"Bob","assignee":"Bob"}`).problem(404)
	s.post(groupsPath+"/none/assign", `{"by":"Bob","assignee":"Bob"}`).problem(404)
	s.post(ackPath, `{"by":"Dan","through_seq":2}`).want(200)
	var actions []struct {
		By, Action, Note string
		Group, Assignee  *string
		Camera           *string `json:"camera_id"`
		Alerts           int
	}
	s.get(historyPath + "?group=" + group.ID).want(200).into(&actions)
	var did []string
	for _, a := range actions {
		did = append(did, a.By+" "+a.Action)
		if a.Group == nil || *a.Group != group.ID || a.Alerts != 1 || *a.Camera != "lobby" {
			t.Errorf("%+v", a)
		}
	}
	want := []string{"Carol acknowledged", "Bob released", "Alice assigned"}
	if !slices.Equal(did, want) || actions[2].Note != "He knows her." {
		t.Errorf("%v, want %v", did, want)
	}
	first := s.get(historyPath+"?limit=3").want(200).says("Dan", "Carol").saysNot("Alice")
	next, _, _ := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"), ">")
	s.get(next).want(200).says("Alice").saysNot("Dan")
	s.get(historyPath + "?group=x").problem(400)
	s.get(apiPath + "/events/alerts?state=all&group=" + group.ID).problem(400)
	s.raiseAt("watchlist_alert gate abc", "watchlist_alert gate xyz")
	if a := s.get(apiPath + "/events/alerts?group=" + group.ID).want(200); strings.Count(string(a.body), `"event":`) != 1 {
		t.Errorf("the group has %s", a.body)
	}
}

// A principal with a camera scope reads and acknowledges alerts of its cameras alone.
func TestAlertGroups_withinACameraScope(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("guard", account.Operator, "lobby")
	g.account("viewer", account.Viewer)
	root, guard, viewer := g.signedIn("root"), g.signedIn("guard"), g.signedIn("viewer")
	vault := g.seen(event.WatchlistAlert, "vault", "Hidden")
	both := g.seen(event.WatchlistAlert, "vault", "Alice")
	g.seen(event.WatchlistAlert, "lobby", "Alice")
	key := g.key("read", account.ScopeRead, onlyCameras("lobby"))
	for name, who := range map[string][]string{"guard": guard, "key": key} {
		if page := g.groupPage("", who...); len(page.Groups) != 1 || page.Alerts != 1 || page.Groups[0].Cameras != 1 {
			t.Errorf("%s sees %+v", name, page)
		}
		if page := g.groupPage("?camera_id=vault", who...); page.Total != 0 || page.Alerts != 0 {
			t.Errorf("%s sees %+v of the vault", name, page)
		}
		g.do("GET", apiPath+"/events/alerts?group="+g.groupOf(vault), "", who...).want(200).saysNot("Hidden")
	}
	seen := fmt.Sprint(g.store.Head())
	for _, who := range [][]string{key, viewer} {
		g.do("POST", ackPath, `{"by":"x","filter":{},"through_seq":`+seen+`}`, who...).problem(403)
		g.do("POST", groupsPath+"/"+g.groupOf(both)+"/assign", `{"by":"x","assignee":"root"}`, who...).problem(403)
	}
	g.do("POST", ackPath, `{"ids":["`+vault.ID+`"]}`, guard...).problem(404)
	g.do("POST", ackPath, `{"through":"`+vault.ID+`"}`, guard...).problem(404)
	g.do("POST", groupsPath+"/"+g.groupOf(vault)+"/assign", `{"assignee":"guard"}`, guard...).problem(404)
	g.do("POST", groupsPath+"/"+g.groupOf(both)+"/assign", `{"assignee":"viewer"}`, guard...).problem(400)
	g.do("POST", groupsPath+"/"+g.groupOf(both)+"/assign", `{"assignee":"guard"}`, guard...).want(200).saysNot("vault")
	if page := g.groupPage("?assignee=me", guard...); page.Total != 1 {
		t.Errorf("the guard's own are %+v", page)
	}
	// The name of the account counts, not the one in the body.
	g.do("POST", ackPath, `{"by":"root","groups":["`+g.groupOf(vault)+`","`+g.groupOf(both)+`"],"through_seq":`+seen+`}`, guard...).want(200).
		says(`"acknowledged":1`)
	g.do("GET", historyPath, "", guard...).want(200).says(`"by":"guard"`, `"action":"acknowledged"`)
	if page := g.groupPage("", root...); page.Total != 2 || page.Alerts != 2 {
		t.Errorf("open are %+v", page)
	}
	g.do("POST", ackPath, `{"filter":{},"through_seq":`+seen+`}`, root...).want(200).says(`"acknowledged":2`)
	g.do("GET", historyPath, "", guard...).want(200).saysNot(`"by":"root"`)
	if trail := g.trail(); !strings.Contains(trail, "alert.assign "+g.groupOf(both)) ||
		!strings.Contains(trail, "alert.acknowledge "+g.groupOf(both)) {
		t.Errorf("the audit has %s", trail)
	}
}

// trail returns the audit as lines of "action target".
func (g *guarded) trail() string {
	g.t.Helper()
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Limit: 1000})
	if err != nil {
		g.t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintln(&b, e.Action, e.Target)
	}
	return b.String()
}

// The newest groups of 10,000 open alerts are a page of an operator's working day: it
// takes less than a quarter of a second even on a loaded machine.
func TestAlertGroups_of10000OpenAlerts(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	s := startService(t)
	for range 10 {
		events := make([]*event.Event, 1000)
		for i := range events {
			events[i] = eventtest.New(eventtest.WithType(event.WatchlistAlert), eventtest.WithCamera(fmt.Sprint("cam-", i%400)),
				eventtest.WithData(fmt.Sprintf(`{"identity_id":"id-%d"}`, i)))
		}
		if _, err := s.hub.Publish(context.Background(), events); err != nil {
			t.Fatal(err)
		}
	}
	best := time.Hour
	for range 5 {
		began := time.Now()
		page := s.groupPage("?limit=50")
		best = min(best, time.Since(began))
		if page.Total != 1000 || page.Alerts != 10_000 || !page.Exact || len(page.Groups) != 50 {
			t.Fatalf("%d groups of %d alerts", page.Total, page.Alerts)
		}
	}
	if best > 250*time.Millisecond {
		t.Errorf("a page takes %v", best)
	}
	began := time.Now()
	s.post(ackPath, `{"by":"Alice","filter":{"camera_id":["cam-1"]},"through_seq":10000}`).want(200).says(`"acknowledged":30`)
	s.post(ackPath, `{"by":"Alice","filter":{},"through_seq":10000}`).want(200).says(`"acknowledged":9970`)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("acknowledging them takes %v", took)
	}
}
