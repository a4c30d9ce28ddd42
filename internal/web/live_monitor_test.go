package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/web/socket"
	cameraview "postern/views/camera"
)

func TestTheMonitorPageIsAPictureOfTheMoment(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.page("/monitor").want(200).says("No open alerts", "No cameras yet", `http-equiv="refresh"`).saysNot("<script>", "style=")
	s.raise("one", "two", "three", "four", "five")
	s.post(apiPath+"/events", `{"id":"calm","type":"face_matched","source":"face","camera_id":"lobby","data":{"label":"Bob"}}`).want(202)
	s.page("/monitor").want(200).
		says(`id="a-five"`, `id="a-four"`, `id="a-three"`, `id="e-calm"`, "+2", "seen or not", `<bdi>gate-7</bdi>`,
			`<bdi>lobby</bdi>`, `only=monitor`).
		saysNot(`id="a-two"`, `id="e-five"`, `id="a-calm"`)
	s.page("/monitor?camera_id=lobby").want(200).says("No open alerts", `id="e-calm"`,
		"camera_id=lobby").saysNot(`href="/events?camera_id=gate-7"`)
	// Where only some are seen, all are not acknowledged in one go.
	s.page("/monitor?camera_id=gate-7").want(200).says(`id="a-five"`, "+2").saysNot("seen or not", `id="e-calm"`)
	s.page("/monitor?event_type=watchlist_alert").want(200).says(`id="a-five"`).saysNot(`id="e-calm"`)
	s.page("/monitor?event_type=alarm").want(http.StatusBadRequest)
}

func TestWhereTheLivePageWasLeadsToTheMonitor(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for from, to := range map[string]string{"/live": "/monitor",
		"/live?event_type=face_matched&camera_id=a%26b": "/monitor?event_type=face_matched&camera_id=a%26b"} {
		if got := s.page(from).want(http.StatusMovedPermanently).header.Get(fiber.HeaderLocation); got != to {
			t.Errorf("%s leads to %s", from, got)
		}
	}
}

func TestMonitorSocketShowsAlertsApartUntilTheyAreAcknowledged(t *testing.T) {
	t.Parallel()
	s := startService(t)
	one, other, elsewhere := s.watch("?only=monitor"), s.watch("?only=monitor"), s.watch("?only=monitor&camera_id=lobby")
	hear(t, one, "No open alerts")
	hear(t, other, "No open alerts")
	s.raise("one")
	for _, conn := range []string{hear(t, one, `id="a-one"`), hear(t, other, `id="a-one"`)} {
		if strings.Contains(conn, `id="e-one"`) {
			t.Error("an alert came in the stream too")
		}
	}
	s.post(apiPath+"/events", `{"id":"calm","type":"face_matched","source":"face","camera_id":"lobby"}`).want(202)
	hear(t, one, `id="e-calm"`)
	if heard := hear(t, elsewhere, `id="e-calm"`); strings.Contains(heard, `a-one`) {
		t.Error("another camera's alert")
	}
	s.post(apiPath+"/events/one/acknowledge", `{"by":"Alice <J>"}`).want(200)
	heard := hear(t, other, "No open alerts")
	if !strings.Contains(heard, "Alice &lt;J&gt;</bdi></b> acknowledged: Alice Smith") {
		t.Errorf("it isn't said who took note: %s", heard)
	}
}

func TestMonitorsHearOfAllThatAreAcknowledgedAtOnce(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("a1", "a2", "a3", "a4", "a5")
	conn := s.watch("?only=monitor")
	hear(t, conn, `id="a-a5"`)
	s.post(apiPath+"/events/alerts/acknowledge", `{"by":"Alice","through":"a4"}`).want(200)
	heard := hear(t, conn, "acknowledged: 4 alerts")
	if tail := heard[strings.Index(heard, "acknowledged: 4 alerts"):]; !strings.Contains(tail, `id="a-a5"`) ||
		strings.Contains(tail, `id="a-a4"`) {
		t.Errorf("then the open ones are %s", tail)
	}
}

// A restriction may name more cameras than an address does.
func TestAMonitorOfManyCamerasIsLive(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	cameras := make([]string, access.MaxCameras)
	for i := range cameras {
		cameras[i] = fmt.Sprintf("camera %d %s", i, strings.Repeat("x", 80))
	}
	g.account("guard", account.Operator, cameras...)
	g.seen(event.WatchlistAlert, cameras[0], "Visible")
	guard := g.signedIn("guard")
	page := string(g.do("GET", "/monitor", "", append(guard, "Accept", "text/html")...).want(200).body)
	socket := strings.ReplaceAll(between(page, `hx-ws:connect="`, `"`), "&amp;", "&")
	if status := g.upgrade(socket, guard...); status != http.StatusSwitchingProtocols {
		t.Errorf("its socket %.100s answers %d", socket, status)
	}
	back := strings.ReplaceAll(between(page, `name="back" value="`, `"`), "&amp;", "&")
	g.do("GET", back, "", append(guard, "Accept", "text/html")...).want(200)
	if !strings.Contains(page, ">Filter<") || strings.Contains(page, `id="all-alerts"`) {
		t.Error("the page looks as if some cameras had been chosen, or acknowledges those of others")
	}
}

// A browser is not left in front of a feed that is no more.
func TestWhoJoinsAFeedThatFailsIsSentAway(t *testing.T) {
	t.Parallel()
	s := startService(t)
	all := s.server.live.Monitors.Cameras
	s.server.live.Monitors.Cameras = func() []cameraview.Camera {
		if s.server.live.Open() > 0 {
			panic("no cameras")
		}
		return all()
	}
	conn := s.watch("?only=monitor")
	_ = conn.SetReadDeadline(time.Now().Add(liveTime))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, socket.CloseRestart) {
				t.Errorf("it ends with %v", err)
			}
			return
		}
	}
}

func TestMonitorOffersNoMoreCamerasThanAPageCarries(t *testing.T) {
	const offered = 500
	s := startService(t)
	var events []string
	for i := range offered + 20 {
		events = append(events, fmt.Sprintf(`{"type":"face_matched","source":"a","camera_id":"cam-%d"}`, i))
	}
	s.post(apiPath+"/events", "["+strings.Join(events, ",")+"]").want(202)
	page := string(s.page("/monitor?camera_id=cam-3").want(200).body)
	if got := strings.Count(page, `type="checkbox" name="camera_id"`); got != offered+1 {
		t.Errorf("%d cameras are offered, want the %d heard of last and the one that is chosen", got, offered)
	}
}
