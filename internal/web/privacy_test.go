package web

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/web/api"
	"postern/internal/web/live"
	"postern/internal/web/scoped"
)

const aboutAlice = `{"id":"about-alice","type":"face_matched","source":"t","camera_id":"gate","data":{"identity_id":"person/77",` +
	`"label":"Zora Quill"}}`

func TestErasingAnIdentityByTheAPI(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post("/api/v1/events", aboutAlice+oneEvent).want(202)
	var known api.Identity
	s.get("/api/v1/identities/person%2F77").want(200).into(&known)
	if known.Events != 1 || known.Erased == nil || len(known.Erased) != 0 {
		t.Errorf("before: %+v", known)
	}
	conn := s.watch("")
	hear(t, conn, "Zora Quill")
	var done scoped.Erasure
	s.do("DELETE", "/api/v1/identities/person%2F77", "").want(200).into(&done)
	if done.Events != 1 || !done.Complete {
		t.Errorf("answered %+v", done)
	}
	heard := hear(t, conn, "Erased on")
	if !strings.Contains(heard, `hx-target="#e-about-alice"`) || !strings.Contains(heard, `id="e-about-alice"`) {
		t.Errorf("an open page hears %s", heard)
	}
	for _, path := range []string{"/", "/events", "/monitor", "/events/about-alice", "/api/v1/events/recent", "/api/v1/events/about-alice",
		"/api/v1/events/recent?event_type=face_matched", "/identities/person%2F77/erase"} {
		a := s.get(path).want(200)
		if strings.Contains(string(a.body), "Zora") {
			t.Errorf("%s still shows it", path)
		}
	}
	if body := string(s.get("/events/about-alice").body); !strings.Contains(body, "Erased on "+time.Now().UTC().Format("2 Jan 2006")) {
		t.Errorf("the page doesn't say that it is erased: %s", body)
	}
	s.get("/api/v1/identities/person%2F77").want(200).into(&known)
	if known.Events != 0 || len(known.Erased) != 1 || known.Erased[0].Events != 1 {
		t.Errorf("after: %+v", known)
	}
	s.do("DELETE", "/api/v1/identities/person%2F77", "").want(200).into(&done)
	if done.Events != 0 || !done.Complete {
		t.Errorf("again: %+v", done)
	}
	s.do("DELETE", "/api/v1/identities/"+strings.Repeat("x", 513), "").problem(400)
	s.get("/api/v1/identities/%ff").problem(400)
	if p := s.get("/api/v1/identities/%ff").problem(400); strings.Contains(p.Detail, "%ff") {
		t.Error("the refusal repeats the identity")
	}
}

func TestErasingManyMakesOpenPagesLoadAnew(t *testing.T) {
	t.Parallel()
	s := startService(t)
	var body strings.Builder
	for range live.MaxRedactedRows + 10 {
		body.WriteString(`{"type":"face_matched","source":"t","data":{"identity_id":"p7","label":"Alice"}}`)
	}
	s.post("/api/v1/events", body.String()).want(202)
	conn := s.watch("")
	hear(t, conn, "Alice")
	s.do("DELETE", "/api/v1/identities/p7", "").want(200)
	toldToLoadAnew(t, conn)
	if heard := hear(t, s.watch(""), "Erased on"); strings.Contains(heard, "Alice") {
		t.Errorf("anew it gets %s", heard)
	}
}

// toldToLoadAnew reads until the socket ends, which must be for that.
func toldToLoadAnew(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(liveTime))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if !strings.Contains(err.Error(), "4001") {
				t.Errorf("the socket ended with %v", err)
			}
			return
		}
	}
}

// Events that are erased while a page isn't connected may be anywhere on it.
func TestAPageThatMissedAnErasureLoadsAnew(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post("/api/v1/events", aboutAlice).want(202)
	address := regexp.MustCompile(`hx-ws:connect="/live/socket([^"]*)"`)
	socketOf := func(path string) string {
		found := address.FindSubmatch(s.page(path).want(200).body)
		if found == nil {
			t.Fatalf("%s has no socket", path)
		}
		return html.UnescapeString(string(found[1]))
	}
	paths := []string{"/events", "/events?camera_id=gate", "/monitor"}
	before := make(map[string]string)
	for _, path := range paths {
		before[path] = socketOf(path)
		hear(t, s.watch(before[path]), "Zora Quill")
	}
	s.do("DELETE", "/api/v1/identities/person%2F77", "").want(200)
	for _, path := range paths {
		toldToLoadAnew(t, s.watch(before[path]))
		hear(t, s.watch(socketOf(path)), "Erased on")
	}
}

func TestErasingByThePage(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post("/api/v1/events", aboutAlice).want(202)
	link := `href="/identities/person%2F77/erase"`
	if !strings.Contains(string(s.get("/events/about-alice").want(200).body), link) {
		t.Error("the event's page has no way to it")
	}
	page := string(s.get("/identities/person%2F77/erase").want(200).body)
	for _, words := range []string{"person/77", "The data of 1 event is overwritten", "Erase for good", "be undone"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page doesn't say %q: %s", words, page)
		}
	}
	s.do("POST", "/identities/person%2F77/erase", "", "Origin", "http://evil.example").want(http.StatusForbidden)
	a := s.post("/identities/person%2F77/erase", "").want(http.StatusSeeOther)
	page = string(s.get(a.header.Get("Location")).want(200).body)
	if !strings.Contains(page, "1 event was erased on") || strings.Contains(page, "Erase for good") {
		t.Errorf("afterwards: %s", page)
	}
	if page = string(s.get("/identities/nobody/erase").want(200).body); !strings.Contains(page, "There are no events") {
		t.Errorf("of nobody: %s", page)
	}
}
