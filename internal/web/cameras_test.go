package web

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/views/ui"
)

func TestCameras_throughTheAPI(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.get(apiPath + "/cameras").want(200).says("[]")
	s.get(apiPath + "/cameras/gate-7").problem(404)
	s.post(apiPath+"/events", `[{"type":"face_matched","source":"face","camera_id":"gate-7"},{"type":"system_error","source":"video",`+
		`"camera_id":"yard/1","data":{"code":"camera_offline"}}]`).want(202)
	s.get(apiPath+"/cameras").want(200).says(`"id":"gate-7","state":"live","since":null`, `"id":"yard/1","state":"offline"`,
		`"silent_after_seconds":null`, `"effective_silent_after_seconds":86400`)
	s.get(apiPath + "/cameras?state=offline").want(200).says("yard/1").saysNot("gate-7")
	s.get(apiPath + "/cameras?state=broken").problem(400)
	s.get(apiPath+"/cameras/yard%2F1").want(200).says(`"last_normal_event_at":null`, `"last_event_type":"system_error"`)
	// The next normal event ends it.
	s.post(apiPath+"/events", `{"type":"face_matched","source":"face","camera_id":"yard/1"}`).want(202)
	s.get(apiPath + "/cameras/yard%2F1").want(200).says(`"state":"live"`)

	for body, want := range map[string]string{
		`{"silent_after_seconds":60}`:      `"silent_after_seconds":60,"effective_silent_after_seconds":60`,
		`{"silent_after_seconds":2592000}`: `"silent_after_seconds":2592000,"effective_silent_after_seconds":2592000`,
		`{"silent_after_seconds":0}`:       `"silent_after_seconds":0,"effective_silent_after_seconds":null`,
		`{"silent_after_seconds":null}`:    `"silent_after_seconds":null,"effective_silent_after_seconds":86400`,
		`{}`:                               `"silent_after_seconds":null`,
	} {
		s.do("PUT", apiPath+"/cameras/gate-7", body).want(200).says(want)
		s.get(apiPath + "/cameras/gate-7").want(200).says(want)
	}
	for _, body := range []string{`{"silent_after_seconds":59}`, `{"silent_after_seconds":-1}`, `{"silent_after_seconds":2592001}`,
		`{"silent_after_seconds":9223372036854775807}`, `{"silent_after_seconds":1.5}`, `{"silent_after_seconds":"off"}`, `{"silent":1}`, ``} {
		s.do("PUT", apiPath+"/cameras/gate-7", body).problem(400)
	}
	// One that was never heard of is set before it is mounted.
	s.do("PUT", apiPath+"/cameras/new", `{"silent_after_seconds":600}`).want(200).says(`"state":"unknown"`, `"last_event_at":null`)
	s.get(apiPath + "/cameras").want(200).says(`"id":"new"`)
	s.do("PUT", apiPath+"/cameras/"+strings.Repeat("x", 129), `{}`).problem(400)
	s.get("/metrics").want(200).says(`postern_cameras{state="live"} 2`, `postern_cameras{state="unknown"} 1`,
		`postern_cameras{state="offline"} 0`)
}

func TestCameras_haveNamesSitesAndGroups(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `[{"type":"face_matched","source":"face","camera_id":"gate-7"},{"type":"watchlist_alert","source":"face",`+
		`"camera_id":"yard/1"},{"type":"face_matched","source":"face","camera_id":"dock"}]`).want(202)
	s.get(apiPath+"/cameras/yard%2F1").
		want(200).
		says(`"name":null,"site":null,"group":null`, `"events_last_hour":1,"usual_events_per_hour":null,"open_alerts":1`)
	s.do("PUT", apiPath+"/cameras/gate-7", `{"name":"North gate","site":"Harbour","group":"Gates","expected_interval_seconds":60}`).
		want(200).
		says(`"name":"North gate","site":"Harbour","group":"Gates"`, `"expected_interval_seconds":60,"silent_after_seconds":null,"effective_silent_after_seconds":300`)
	s.do("PATCH", apiPath+"/cameras/yard%2F1", `{"name":"Yard","site":"Harbour"}`).want(200).says(`"name":"Yard","site":"Harbour"`)
	s.do("PATCH", apiPath+"/cameras/gate-7", `{"silent_after_seconds":900}`).want(200).
		says(`"name":"North gate"`, `"expected_interval_seconds":60,"silent_after_seconds":900`)
	s.do("PATCH", apiPath+"/cameras/gate-7", `{"group":null,"silent_after_seconds":null}`).want(200).
		says(`"name":"North gate","site":"Harbour","group":null`, `"silent_after_seconds":null`)
	s.do("PUT", apiPath+"/cameras/dock", `{"name":"x"}`).want(200)
	s.do("PUT", apiPath+"/cameras/dock", `{}`).want(200).says(`"name":null`, `"expected_interval_seconds":null`)
	for _, body := range []string{`{"name":"` + strings.Repeat("x", 65) + `"}`, `{"site":" x"}`, `{"group":"a\u0007"}`, `{"name":1}`,
		`{"nam":"x"}`,
		`{"expected_interval_seconds":0}`, `{"expected_interval_seconds":518401}`, `{"expected_interval_seconds":9223372036854775807}`, ``} {
		s.do("PUT", apiPath+"/cameras/gate-7", body).problem(400)
		s.do("PATCH", apiPath+"/cameras/gate-7", body).problem(400)
	}
	// A change of a camera without events and settings that leaves it so is none.
	s.do("PATCH", apiPath+"/cameras/nowhere", `{"name":""}`).want(200).says(`"state":"unknown"`)
	s.get(apiPath + "/cameras/nowhere").problem(404)

	s.get(apiPath+"/cameras?q=HARBOUR").want(200).says("gate-7", "yard/1").saysNot("dock")
	s.get(apiPath + "/cameras?site=Harbour&q=yard").want(200).says("yard/1").saysNot("gate-7")
	s.get(apiPath + "/cameras?group=Gates").want(200).says("[]")
	first := s.get(apiPath + "/cameras?sort=alerts&limit=1").want(200).says("yard/1").saysNot("gate-7")
	next := strings.TrimSuffix(strings.TrimPrefix(first.header.Get("Link"), "<"), `>; rel="next"`)
	second := s.get(next).want(200).says("dock").saysNot("yard/1", "gate-7")
	third := s.get(strings.TrimSuffix(strings.TrimPrefix(second.header.Get("Link"), "<"), `>; rel="next"`)).
		want(200).
		says("gate-7").
		saysNot("yard/1", "dock")
	if link := third.header.Get("Link"); link != "" {
		t.Errorf("after the last page comes %s", link)
	}
	s.get(apiPath+"/cameras?sort=alerts&order=asc&limit=2").want(200).says("gate-7", "dock").saysNot("yard/1")
	for _, query := range []string{"sort=x", "order=x", "limit=0", "limit=1001", "limit=x", "cursor=x",
		"q=" + strings.Repeat("x", 201), "zzz=1"} {
		s.get(apiPath + "/cameras?" + query).problem(400)
	}
}

func TestCameras_onPages(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.page("/cameras").want(200).says("No cameras yet")
	s.post(apiPath+"/events", `[{"type":"face_matched","source":"face","camera_id":"gate-7"},{"type":"system_error","source":"video",`+
		`"camera_id":"<yard>","data":{"code":"camera_offline"}}]`).want(202)
	s.page("/cameras").want(200).says("Offline", "&lt;yard&gt;", `href="/cameras/%3Cyard%3E"`, "Live").saysNot("<yard>")
	s.page("/cameras?state=live").want(200).says(">gate-7</bdi>").saysNot("<bdi>&lt;yard")
	s.page("/cameras?q=GATE").want(200).says(">gate-7</bdi>").saysNot("<bdi>&lt;yard")
	s.page("/cameras?q=nothing").want(200).says("No camera matches")
	s.page("/cameras?sort=rate&order=asc").want(200).says(`aria-sort="ascending"`)
	for _, query := range []string{"state=x", "sort=x", "order=x", "cursor=x"} {
		s.page("/cameras?" + query).want(400)
	}
	s.page("/").want(200).says("1 camera offline", "1 live, 1 offline", `href="/cameras"`)
	s.page("/monitor").want(200).says("<b>Offline</b>", "1 of 2", "Cameras down")

	s.page("/cameras/%3Cyard%3E").want(200).says("&lt;yard&gt;", "reported that it is offline", "usual pause not known yet",
		"Open alerts", "camera_offline")
	s.page("/cameras/nowhere").want(404)
	page := s.page("/cameras/gate-7").want(200).says("Face matched", "Events, last hour", "Save settings")
	if strings.Contains(string(page.body), "yard") {
		t.Error("a camera's page shows another camera")
	}
	send := func(form url.Values) *answer {
		return s.do("POST", "/cameras/gate-7/settings", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html",
			"Origin", s.base, "Sec-Fetch-Site", "same-origin")
	}
	form := func(with ...string) url.Values {
		values := url.Values{"interval": {"usual"}, "silence": {"automatic"}, "unit": {"min"}}
		for i := 0; i < len(with); i += 2 {
			values.Set(with[i], with[i+1])
		}
		return values
	}
	for _, minutes := range []string{"", "0", "0.5", "-1", "x", "NaN", "1e9"} {
		send(form("silence", "after", "minutes", minutes, "name", "kept")).want(422).
			says("The allowed silence must be 1 minute to 30 days", `aria-invalid="true"`, `value="kept"`)
	}
	for _, every := range []string{"", "0", "-1", "x", "NaN", "1e9"} {
		send(form("interval", "set", "every", every)).want(422).says("The interval must be 1 second to 6 days")
	}
	send(form("name", strings.Repeat("x", 65), "site", "a\u0007b")).want(422).
		says("The name must have at most 64 characters", "The site must not have control characters")
	send(form("interval", "x")).want(422)
	send(form("silence", "x")).want(422)
	for _, tc := range []struct {
		form url.Values
		want string
	}{
		{form("silence", "after", "minutes", "90"), `"silent_after_seconds":5400`},
		{form("silence", "after", "minutes", "1,5"), `"silent_after_seconds":90`},
		{form("silence", "never"), `"silent_after_seconds":0`},
		{form(), `"expected_interval_seconds":null,"silent_after_seconds":null`},
		{form("interval", "set", "every", "90", "unit", "s"), `"expected_interval_seconds":90`},
		{form("interval", "set", "every", "2", "unit", "h"), `"expected_interval_seconds":7200`},
		{form("name", " North gate ", "site", "Harbour", "group", "Gates"), `"name":"North gate","site":"Harbour","group":"Gates"`},
	} {
		send(tc.form).want(303)
		s.get(apiPath + "/cameras/gate-7").want(200).says(tc.want)
	}
	s.page("/cameras?site=Harbour").want(200).says("North gate").saysNot("<bdi>&lt;yard")
}

// Any id that an event may have names a page: browsers leave the segments "." and
// ".." out of a path.
func TestCameras_haveAPageWhateverTheirId(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, id := range []string{".", "..", "...", "~", "~..", "~x", ".x", "a/b", "a%2Fb",
		"a?b#c", "a b", "ü", `"><script>`, "setting", "%", "\\"} {
		body, err := json.Marshal(map[string]string{"type": "line_crossed", "source": "x", "camera_id": id})
		if err != nil {
			t.Fatal(err)
		}
		s.post(apiPath+"/events", string(body)).want(202)
		to := string(ui.CameraURL(id))
		u, err := url.Parse(s.base + "/cameras")
		if err != nil {
			t.Fatal(err)
		}
		if u, err = u.Parse(to); err != nil {
			t.Fatal(err)
		}
		s.page(u.EscapedPath()).want(200).says("<dt>Camera id</dt><dd><bdi class=\"long\">" + templ.EscapeString(id) + "</bdi>")
	}
}

func TestCameras_ofOthersAreHidden(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	engine := g.key("engine", account.ScopeIngest)
	g.do("POST", apiPath+"/events", `[{"type":"face_matched","source":"face","camera_id":"lobby"},{"type":"face_matched","source":"face",`+
		`"camera_id":"vault"}]`, engine...).
		want(202)
	g.account("guard", account.Operator, "lobby")
	g.account("viewer", account.Viewer)
	for _, who := range map[string][]string{"guard": g.signedIn("guard"), "key": g.key("r", account.ScopeRead, onlyCameras("lobby"))} {
		g.do("GET", apiPath+"/cameras", "", who...).want(200).says("lobby").saysNot("vault")
		g.do("GET", apiPath+"/cameras/vault", "", who...).problem(404)
		g.do("GET", "/cameras", "", append(who, "Accept", "text/html")...).want(200).says("lobby").saysNot("vault")
	}
	guard := g.signedIn("guard")
	g.do("GET", "/cameras/vault", "", append(guard, "Accept", "text/html")...).want(404)
	g.do("GET", "/cameras/lobby", "", append(guard, "Accept", "text/html")...).want(200).says("Save settings").saysNot("vault", "Secret")
	g.do("POST", "/cameras/vault/settings", "interval=usual&silence=automatic&name=x", append(guard, "Accept", "text/html",
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")...).want(403)
	g.do("POST", "/cameras/lobby/settings", "interval=usual&silence=automatic&name=x", append(g.signedIn("viewer"), "Accept", "text/html",
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")...).want(403)
	g.do("PUT", apiPath+"/cameras/vault", `{"silent_after_seconds":0}`, append(guard, "Sec-Fetch-Site", "same-origin")...).problem(403)
	g.do("PATCH", apiPath+"/cameras/vault", `{"name":"x"}`, append(guard, "Sec-Fetch-Site", "same-origin")...).problem(403)
	g.do("PUT", apiPath+"/cameras/vault", `{"name":"Secret name","site":"Secret site"}`,
		append(g.signedIn("root"), "Sec-Fetch-Site", "same-origin")...).
		want(200)
	for _, query := range []string{"", "?q=secret", "?site=Secret+site", "?sort=site&limit=1"} {
		g.do("GET", apiPath+"/cameras"+query, "", guard...).want(200).saysNot("vault", "Secret")
		g.do("GET", "/cameras"+query, "", append(guard, "Accept", "text/html")...).want(200).
			saysNot("vault", "Secret name", `value="Secret`)
	}
	g.do("PUT", apiPath+"/cameras/lobby", `{"silent_after_seconds":600}`, append(guard, "Sec-Fetch-Site", "same-origin")...).want(200)
	g.do("PUT", apiPath+"/cameras/lobby", `{"silent_after_seconds":0}`,
		append(g.signedIn("viewer"), "Sec-Fetch-Site", "same-origin")...).problem(403)
	g.do("GET", "/cameras/lobby", "", append(g.signedIn("viewer"), "Accept", "text/html")...).want(200).saysNot("Save settings")
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Action: string(access.CameraSet), Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var audited []string
	for _, e := range entries {
		audited = append(audited, e.Actor+" "+e.Target+" "+e.Outcome)
	}
	if got := strings.Join(audited, ", "); !strings.Contains(got, "guard lobby done") || !strings.Contains(got, "guard vault refused") {
		t.Errorf("the audit has %s", got)
	}
}
