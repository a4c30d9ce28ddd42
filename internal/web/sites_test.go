package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/web/api"
)

func boundTo(site string) func(*access.NewKey) {
	return func(k *access.NewKey) { k.Site = site }
}

// line is the proxy in front of a Postern that adds a site's key to what its
// webhook sends, since webhooks have no headers of their own. While it is cut,
// nothing gets through; lost answers are those that the sender never sees.
type line struct {
	url  string
	cut  atomic.Bool
	lose atomic.Int32
	got  atomic.Int32
}

func startLine(t *testing.T, to *guarded, key []string) *line {
	t.Helper()
	target, err := url.Parse(to.base)
	if err != nil {
		t.Fatal(err)
	}
	l := new(line)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.URL.Path = apiPath + "/events"
			r.Out.Header.Set(key[0], key[1])
		},
		ModifyResponse: func(res *http.Response) error {
			if res.StatusCode != http.StatusAccepted {
				t.Errorf("the other Postern answers %s", res.Status)
			}
			if l.lose.Load() > 0 && l.lose.Add(-1) >= 0 {
				return fmt.Errorf("the answer is lost")
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.cut.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		l.got.Add(1)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(receiver.Close)
	l.url = receiver.URL + "/from-site"
	return l
}

// keptEvent is an event as the API answers it.
type keptEvent struct {
	ID         string
	Type       string
	Source     string
	Site       string
	ProducerID string `json:"producer_id"`
	Data       json.RawMessage
}

func (g *guarded) kept(as []string, query string) (events []keptEvent) {
	g.t.Helper()
	g.do("GET", apiPath+"/events/recent?order=asc"+query, "", as...).want(200).into(&events)
	return events
}

// A webhook of a spoke posts to the hub: events keep their ids, alerts are
// alerts there, and announcements are seen to be the spoke's.
func TestSites_forwardToAHub(t *testing.T) {
	t.Parallel()
	hub, spoke := startGuarded(t), startGuarded(t)
	root, spokeRoot := hub.signedIn("root"), spoke.signedIn("root")
	l := startLine(t, hub, hub.key("hall-b", account.ScopeIngest, boundTo("hall-b")))
	register := func(target string) string {
		var hook api.Webhook
		spoke.do("POST", apiPath+"/events/webhooks", `{"url":"`+target+`","event_types":["*"],"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`,
			spokeRoot...).want(200).into(&hook)
		return hook.ID
	}
	register(l.url)
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	t.Cleanup(gone.Close)

	// The hub has an event of that id too.
	hub.do("POST", apiPath+"/events", `{"id":"nvr.7:1","type":"line_crossed","source":"own","camera_id":"own"}`,
		hub.key("own", account.ScopeIngest)...).want(202)
	producer, other := spoke.key("engine", account.ScopeIngest), spoke.key("engine-2", account.ScopeIngest)
	spoke.do("POST", apiPath+"/events", `[{"id":"nvr.7:1","type":"face_matched","source":"face","camera_id":"gate","data":{"label":"Søren"}},`+
		`{"id":"2","type":"watchlist_alert","source":"face","camera_id":"gate"}]`, producer...).want(202)
	spoke.do("POST", apiPath+"/events", `{"id":"2","type":"line_crossed","source":"line","camera_id":"door"}`, other...).want(202)
	// An answer that is lost is a try that is repeated, and not an event.
	l.lose.Store(1)
	disabled := register(gone.URL + "/hook")
	spoke.do("POST", apiPath+"/events", `{"id":"late","type":"person_entered","source":"p"}`, producer...).want(202)
	var events []keptEvent
	until(t, "all events at the hub", func() bool {
		events = hub.kept(root, "")
		kinds := 0
		for _, e := range events {
			if e.Source == event.OwnSource {
				kinds++
			}
		}
		return kinds >= 1 && len(events) >= 6
	})
	byData := make(map[string]keptEvent)
	for _, e := range events {
		byData[e.Type+" "+e.Source] = e
	}
	sent := make(map[string]keptEvent)
	for _, e := range spoke.kept(spokeRoot, "") {
		sent[e.Type+" "+e.Source] = e
	}
	if own := byData["line_crossed own"]; own.ID != "nvr.7:1" || own.Site != "" {
		t.Errorf("the hub's own event is %+v", own)
	}
	for what, from := range sent {
		at := byData[what]
		if at.Site != "hall-b" || string(at.Data) != string(from.Data) {
			t.Errorf("%s: at the hub %+v, at the spoke %+v", what, at, from)
		}
		switch {
		case what == "face_matched face": // its id was taken
			if at.ProducerID != from.ID || at.ID == from.ID {
				t.Errorf("%s: at the hub %+v, at the spoke %+v", what, at, from)
			}
		case at.ID != from.ID || at.ProducerID != from.ProducerID:
			t.Errorf("%s: at the hub %+v, at the spoke %+v", what, at, from)
		}
	}
	if len(events) != len(sent)+1 {
		t.Errorf("the hub has %d events, the spoke %d", len(events), len(sent))
	}
	announced := byData["system_error postern"]
	if !strings.Contains(string(announced.Data), disabled) {
		t.Errorf("the announcement is %s", announced.Data)
	}
	hub.do("GET", "/events/"+announced.ID, "", append(root, "Accept", "text/html")...).want(200).says(
		"<dt>Site</dt><dd><bdi>hall-b</bdi></dd>", "<bdi>hall-b</bdi>: ")
	if open := hub.do("GET", apiPath+"/events/alerts", "", root...).want(200); strings.Count(string(open.body), `"acknowledged":null`) != 2 {
		t.Errorf("open at the hub: %s", open.body)
	}
}

// Two Posterns that forward to each other end up with the same events, once.
func TestSites_thatForwardToEachOtherDontEcho(t *testing.T) {
	t.Parallel()
	a, b := startGuarded(t), startGuarded(t)
	posterns := []*guarded{a, b}
	roots := [][]string{a.signedIn("root"), b.signedIn("root")}
	var lines [2]*line
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	t.Cleanup(gone.Close)
	for i, g := range posterns {
		site := []string{"a", "b"}[1-i]
		lines[i] = startLine(t, g, g.key("from-"+site, account.ScopeIngest, boundTo(site))) // leads to g
	}
	for i, g := range posterns {
		for _, target := range []string{lines[1-i].url, gone.URL + "/hook"} {
			g.do("POST", apiPath+"/events/webhooks", `{"url":"`+target+`","event_types":["*"]}`, roots[i]...).want(200)
		}
	}
	// An id that both sides give to other content, and one of each's own.
	for i, g := range posterns {
		key := g.key("engine", account.ScopeIngest)
		g.do("POST", apiPath+"/events",
			fmt.Sprintf(`[{"id":"1","type":"face_matched","source":"s","data":{"at":%d}},{"id":"own%d","type":"person_entered","source":"s"}]`, i,
				i), key...).want(202)
	}
	// Two events of each, and an announcement of each that its other webhook
	// was disabled.
	const want = 2 + 2 + 2
	settled := func() bool {
		for i, g := range posterns {
			if len(g.kept(roots[i], "")) < want {
				return false
			}
			var hooks []api.Webhook
			g.do("GET", apiPath+"/events/webhooks", "", roots[i]...).want(200).into(&hooks)
			if at := hooks[0].Status; at.Behind != 0 || at.InFlight != 0 || at.Retrying != 0 {
				return false
			}
		}
		return true
	}
	until(t, "both to have all", settled)
	before := lines[0].got.Load() + lines[1].got.Load()
	// One more on each side goes across and back, and no further.
	for i, g := range posterns {
		g.do("POST", apiPath+"/events", fmt.Sprintf(`{"id":"last%d","type":"person_exited","source":"s"}`, i),
			g.key("last", account.ScopeIngest)...).want(202)
	}
	until(t, "the last ones to cross and come back", func() bool { return settled() && lines[0].got.Load()+lines[1].got.Load() >= before+4 })
	for i, g := range posterns {
		events := g.kept(roots[i], "")
		if len(events) != want+2 {
			t.Errorf("%d events, want %d: %+v", len(events), want+2, events)
		}
		site := []string{"b", "a"}[i]
		for _, e := range events {
			if e.Site != "" && e.Site != site {
				t.Errorf("%+v comes from a site that isn't there", e)
			}
		}
	}
	if got := lines[0].got.Load() + lines[1].got.Load(); got != before+4 {
		t.Errorf("%d requests for two events that cross and come back, want 4", got-before)
	}
}

// Fields that only another Postern may send are refused from all others.
func TestSites_onlyABoundKeySpeaksForASite(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	plain, bound := g.key("plain", account.ScopeIngest), g.key("bound", account.ScopeIngest, boundTo("hall-b"), reading)
	for field, extra := range map[string]string{"source": `"source":"postern"`, "site": `"source":"s","site":"hall-c"`,
		"producer_id": `"source":"s","producer_id":"7"`} {
		body := `{"type":"system_error",` + extra + `}`
		if p := g.do("POST", apiPath+"/events", body, plain...).problem(400); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", field, p)
		}
		g.do("POST", apiPath+"/events", body, bound...).want(202)
	}
	for field, extra := range map[string]string{
		"source": `"source":" Postern"`, "site": `"source":"s","site":"a//b"`, "producer_id": `"source":"s","producer_id":".."`,
	} {
		if p := g.do("POST", apiPath+"/events", `{"type":"system_error",`+extra+`}`, bound...).problem(400); p.Errors[0].Field != field {
			t.Errorf("%s: %+v", field, p)
		}
	}
	if p := g.do("POST", apiPath+"/events", `{"type":"system_error","source":"s","site":"`+strings.Repeat("far/", 70)+`x"}`,
		bound...).problem(400); !strings.Contains(p.Detail, "circle") {
		t.Errorf("%+v", p)
	}
	for _, as := range [][]string{plain, bound} {
		p := g.do("POST", apiPath+"/events", `{"type":"system_error","source":"s","zzz":1}`, as...).problem(400)
		if names := strings.Contains(p.Detail, "producer_id and site"); names != (&as[0] == &bound[0]) {
			t.Errorf("what may be sent: %s", p.Detail)
		}
	}
	events := g.kept(bound, "")
	sites := make(map[string]int)
	for _, e := range events {
		sites[e.Site]++
	}
	if len(events) != 3 || sites["hall-b"] != 2 || sites["hall-b/hall-c"] != 1 {
		t.Errorf("kept: %+v", events)
	}
}
