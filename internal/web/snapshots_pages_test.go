package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"postern/internal/account"
	"postern/internal/event"
	"postern/views/ui"
)

// pictured posts an alert with a snapshot, and returns its id.
func (g *guarded) pictured(camera string, key []string) string {
	g.t.Helper()
	id := fmt.Sprintf("%s-%d", camera, g.hub.Head()+1)
	body, contentType := formOf(g.t, "event", `{"id":"`+id+`","type":"watchlist_alert","source":"s","camera_id":"`+camera+
		`","data":{"identity_id":"p1","label":"Alice"}}`, "snapshot", pngOf(g.t, 1))
	g.do("POST", apiPath+"/events", body, append(key, "Content-Type", contentType)...).want(202)
	return id
}

// Each page that shows an alert shows its snapshot to those who may see it, and makes no
// request for it by others.
func TestSnapshot_on_pages(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	id := g.pictured("lobby", g.key("gate", account.ScopeIngest))
	g.account("viewer", account.Viewer)
	g.account("operator", account.Operator)
	image := `<img src="` + snapshotPath(id) + `?background=1" width="12" height="8" loading="lazy" decoding="async" alt="Snapshot from lobby"`
	for _, path := range []string{"/events/" + id, "/alerts", "/alerts?tab=all", "/monitor", "/", string(ui.CameraURL("lobby"))} {
		for name, sees := range map[string]bool{"viewer": false, "operator": true} {
			body := string(g.do("GET", path, "", append(g.signedIn(name), "Accept", "text/html")...).want(200).body)
			if got := strings.Contains(body, image); got != sees {
				t.Errorf("%s: %s sees the image: %t, want %t", path, name, got, sees)
			}
			if !sees && strings.Contains(body, "<img") {
				t.Errorf("%s: %s gets an image", path, name)
			}
		}
	}
}

func TestSnapshot_leaves_a_placeholder(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	gate, root := g.key("gate", account.ScopeIngest), g.signedIn("root")
	page := func(id string) string {
		return string(g.do("GET", "/events/"+id, "", append(root, "Accept", "text/html")...).want(200).body)
	}
	kept := g.pictured("lobby", gate)
	e, err := g.hub.Find(t.Context(), kept, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.store.DB.Exec(t.Context(), "UPDATE events SET snapshot = 0 WHERE seq = ?", e.Seq); err != nil {
		t.Fatal(err)
	}
	fresh, err := g.store.Get(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	g.store.TellRedacted([]*event.Event{fresh})
	if body := page(kept); strings.Contains(body, "<img") || !strings.Contains(body, "Snapshot removed by retention") {
		t.Error("the page of an event whose snapshot retention has removed says nothing of it")
	}
	erased := g.pictured("lobby", gate)
	g.do("DELETE", apiPath+"/identities/p1", "", root...).want(200)
	if body := page(erased); strings.Contains(body, "<img") || !strings.Contains(body, "Snapshot erased") {
		t.Error("the page of an erased event says nothing of its snapshot")
	}
}

// A monitor shows a snapshot that arrives after its alert, where its key says so.
func TestSnapshot_arrives_on_open_monitors(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	gate := g.key("gate", account.ScopeIngest)
	g.account("viewer", account.Viewer)
	sees, blind := g.openMonitor(g.signedIn("root")), g.openMonitor(g.signedIn("viewer"))
	g.do("POST", apiPath+"/events", `{"id":"a-1","type":"watchlist_alert","source":"s","camera_id":"lobby"}`, gate...).want(202)
	hear(t, sees, "a-1")
	hear(t, blind, "a-1")
	g.do("PUT", snapshotPath("a-1"), pngOf(t, 1), gate...).want(201)
	hear(t, sees, snapshotPath("a-1"))
	g.do("POST", apiPath+"/events", `{"id":"a-2","type":"watchlist_alert","source":"s","camera_id":"lobby"}`, gate...).want(202)
	if seen := hear(t, blind, "a-2"); strings.Contains(seen, "<img") {
		t.Error("a viewer's monitor gets an image")
	}
}

// openMonitor opens the socket of a monitor.
func (g *guarded) openMonitor(headers []string) *websocket.Conn {
	g.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket?only=monitor",
		http.Header{headers[0]: {headers[1]}})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { conn.Close() })
	return conn
}
