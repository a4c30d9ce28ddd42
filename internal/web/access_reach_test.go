package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/fullrun"
)

func TestWhatEndsClosesItsSockets(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	headers := g.key("wall", account.ScopeMonitor)
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket?only=monitor",
		http.Header{headers[0]: {headers[1]}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, _, err := conn.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	if err := g.access.RevokeKey(context.Background(), console, "wall"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
				t.Errorf("it ended with %v", err)
			}
			return
		}
	}
}

func TestAnotherCamerasEventsAreNowhere(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("guard", account.Operator, "lobby")
	g.account("blind", account.Operator, "nowhere")
	var vault *event.Event
	for range 3 {
		g.seen(event.WatchlistAlert, "lobby", "Visible")
		vault = g.seen(event.WatchlistAlert, "vault", "Hidden")
		g.seen(event.FaceMatched, "", "Hidden")
	}
	hook := struct{ ID string }{}
	g.do("POST", apiPath+"/events/webhooks",
		`{"url":"https://example.com/hook","event_types":["*"],"secret":"whsec_0123456789abcdef0123456789abcdef"}`,
		g.signedIn("root")...).want(200)
	g.do("GET", apiPath+"/events/webhooks", "", g.signedIn("root")...).want(200)
	_ = hook
	queries := []string{"", "?camera_id=vault", "?q=hidden", "?state=all", "?event_type=watchlist_alert", "?id=" + vault.ID}
	if fullrun.Short() { // one request follows the other
		queries = queries[:1]
	}
	for name, who := range map[string][]string{"guard": g.signedIn("guard"), "blind": g.signedIn("blind"),
		"key": g.key("r", account.ScopeRead, onlyCameras("lobby")), "wall": g.key("w", account.ScopeMonitor, onlyCameras("lobby"))} {
		for _, r := range g.server.table {
			if r.method != http.MethodGet || strings.HasSuffix(r.path, "/stream") { // which has no end, and a test of its own
				continue
			}
			path := strings.NewReplacer(":id", vault.ID, ":attempt", "1-1-1", ":replay", "nothing").Replace(r.path)
			for _, query := range queries {
				for _, accept := range []string{"text/html", "application/json"} {
					a := g.send(g.request("GET", path+query, "", append(who, "Accept", accept)...)) // not every address has every parameter
					// The response may repeat the requested id.
					told := strings.ReplaceAll(string(a.body), "camera_id=vault", "")
					if strings.Contains(told, "Hidden") || query != "?camera_id=vault" && strings.Contains(told, "vault") {
						t.Errorf("GET %s%s tells %s of the vault: %s", path, query, name,
							told[max(0, strings.Index(told, "Hidden")-200):min(len(told), strings.Index(told, "Hidden")+50)])
					}
				}
			}
		}
		if name == "blind" || name == "wall" {
			continue
		}
		if a := g.do("GET", apiPath+"/events/recent", "", who...).want(200); strings.Count(string(a.body), "Visible") != 6 { // label and identity
			t.Errorf("%s sees %s", name, a.body)
		}
		if a := g.do("GET", apiPath+"/events/export?format=csv", "", who...).want(200); strings.Count(string(a.body), "\n") != 4 {
			t.Errorf("%s exports %s", name, a.body)
		}
	}
	// Nor do they change anything there.
	guard := g.signedIn("guard")
	g.do("POST", apiPath+"/events/"+vault.ID+"/acknowledge", "", append(guard, "Accept", "application/json")...).want(404)
	g.do("POST", apiPath+"/events", `{"type":"face_detected","source":"x","camera_id":"vault"}`,
		g.key("engine", account.ScopeIngest, onlyCameras("lobby"))...).want(403)
	g.do("POST", apiPath+"/events", `{"type":"face_detected","source":"x"}`,
		g.key("engine2", account.ScopeIngest, onlyCameras("lobby"))...).want(403)
	g.do("POST", apiPath+"/events", `{"type":"face_detected","source":"x","camera_id":"lobby"}`,
		g.key("engine3", account.ScopeIngest, onlyCameras("lobby"))...).want(202)
	// The live rows too.
	headers := g.signedIn("guard")
	for _, path := range []string{"/live/socket", "/live/socket?camera_id=vault", "/live/socket?only=monitor"} {
		conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+path, http.Header{headers[0]: {headers[1]}})
		if err != nil {
			t.Fatal(err)
		}
		g.seen(event.WatchlistAlert, "vault", "Hidden")
		g.seen(event.FaceDetected, "vault", "Hidden")
		marker := fmt.Sprint("Marker", len(path))
		g.seen(event.WatchlistAlert, "lobby", marker)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			_, m, err := conn.ReadMessage()
			if err != nil || strings.Contains(string(m), "Hidden") || strings.Contains(string(m), "vault") {
				t.Errorf("%s: %v %.300s", path, err, m)
				break
			}
			if strings.Contains(string(m), marker) || strings.Contains(path, "vault") && n > 0 {
				break
			}
		}
		conn.Close()
	}
}

func TestAnotherCamerasEventsAreNotCounted(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("guard", account.Operator, "lobby")
	g.account("blind", account.Operator, "nowhere")
	for range 7 {
		g.seen(event.FaceDetected, "vault", "Hidden")
	}
	for range 2 {
		g.seen(event.FaceDetected, "lobby", "Visible")
	}
	for name, want := range map[string]string{"root": "9", "guard": "2", "blind": "0"} {
		headers := append(g.signedIn(name), "Accept", "text/html")
		for _, path := range []string{"/", "/events"} {
			page := string(g.do("GET", path, "", headers...).want(200).body)
			if rate := between(page, `<span id="live-rate"><b class="num">`, "<"); rate != want {
				t.Errorf("%s: the header of %s says %q, want %s", name, path, rate, want)
			}
			if path == "/" {
				if hour := between(page, `<dt>Received, last hour</dt><dd class="num">`, "<"); hour != want {
					t.Errorf("%s: the overview counts %q, want %s", name, hour, want)
				}
			}
		}
		for _, query := range []string{"?only=state", ""} {
			conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket"+query,
				http.Header{headers[0]: {headers[1]}})
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			for {
				_, m, err := conn.ReadMessage()
				if err != nil {
					t.Errorf("%s %s: %v", name, query, err)
					break
				}
				var heartbeat struct {
					PerMinute *int `json:"per_minute"`
				}
				if json.Unmarshal(m, &heartbeat) == nil && heartbeat.PerMinute != nil {
					if rate := strconv.Itoa(*heartbeat.PerMinute); rate != want {
						t.Errorf("%s: the socket %s says %q, want %s", name, query, rate, want)
					}
					break
				}
			}
			conn.Close()
		}
	}
}

func TestExportsEndWithWhoAskedForThem(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	for range 60 {
		events := make([]*event.Event, 500)
		for i := range events {
			events[i] = &event.Event{ID: event.NewID(), Type: event.FaceDetected, Time: time.Now(), Source: "x",
				Data: []byte(`{"pad":"` + strings.Repeat("x", 2000) + `"}`)}
			events[i].Finalize()
		}
		if _, err := g.hub.Publish(context.Background(), events); err != nil {
			t.Fatal(err)
		}
	}
	headers := g.key("taker", account.ScopeRead)
	req, _ := http.NewRequest("GET", g.base+apiPath+"/events/export", nil)
	req.Header.Set(headers[0], headers[1])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	if err := g.access.RevokeKey(context.Background(), console, "taker"); err != nil {
		t.Fatal(err)
	}
	n := 1
	for lines.Scan() {
		n++
	}
	if lines.Err() == nil || n >= 30_000 {
		t.Errorf("%d lines came, and then %v", n, lines.Err())
	}
}

// An erasure removes the event from the open pages that may have shown it.
func TestWhatIsErasedElsewhereIsNotTold(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("guard", account.Operator, "lobby")
	g.seen(event.FaceMatched, "vault", "Hidden")
	g.seen(event.FaceMatched, "lobby", "Visible")
	guard, root := g.signedIn("guard"), g.signedIn("root")
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket", http.Header{guard[0]: {guard[1]}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hear(t, conn, "Visible")
	for _, identity := range []string{"id-Hidden", "id-Visible"} {
		g.do("DELETE", apiPath+"/identities/"+identity, "", root...).want(200)
	}
	if heard := hear(t, conn, "outerHTML"); strings.Contains(heard, "vault") || !strings.Contains(heard, "lobby") {
		t.Errorf("the lobby's guard is sent %s", heard)
	}
}
