package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"postern/internal/account"
	"postern/internal/event"
)

// The number of open alerts in a page's title is that of the principal's cameras, live
// too, and what a notification says names no person.
func TestOpenAlerts_areCountedWithinTheCameraScope(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("guard", account.Operator, "lobby")
	for range 3 {
		g.seen(event.WatchlistAlert, "vault", "Hidden")
	}
	seen := g.seen(event.WatchlistAlert, "lobby", "Alice")
	g.seen(event.WatchlistAlert, "vault", "Hidden")
	for name, want := range map[string]string{"guard": "1", "root": "5"} {
		session := g.signedIn(name)
		g.do(http.MethodGet, "/events", "", append(session, "Accept", "text/html")...).want(200).
			says("<title>(" + want + ") Events · Postern</title>")
		conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+"/live/socket?only=state",
			http.Header{session[0]: {session[1]}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		beat := hear(t, conn, `"open_alerts":`)
		if !strings.Contains(beat, `"open_alerts":"`+want+`"`) || strings.Contains(beat, "Alice") || strings.Contains(beat, "Hidden") {
			t.Errorf("%s hears %s", name, beat)
		}
		if name == "guard" && (!strings.Contains(beat, `"url":"/events/`+seen.ID+`"`) || !strings.Contains(beat, `"camera":"lobby"`)) {
			t.Errorf("the guard hears %s", beat)
		}
	}
}
