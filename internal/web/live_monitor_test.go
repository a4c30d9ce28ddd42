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
	s.post(api+"/events", `{"id":"calm","type":"face_matched","source":"face","camera_id":"lobby","data":{"label":"Bob"}}`).want(202)
	s.page("/monitor").want(200).
		says(`id="a-five"`, `id="a-four"`, `id="a-three"`, `id="e-calm"`, "+2", "seen or not", `<bdi>gate-7</bdi>`, `<bdi>lobby</bdi>`, `only=monitor`).
		saysNot(`id="a-two"`, `id="e-five"`, `id="a-calm"`)
	s.page("/monitor?camera_id=lobby").want(200).says("No open alerts", `id="e-calm"`, "camera_id=lobby").saysNot(`href="/events?camera_id=gate-7"`)
	// Where only some are seen, all are not acknowledged in one go.
	s.page("/monitor?camera_id=gate-7").want(200).says(`id="a-five"`, "+2").saysNot("seen or not", `id="e-calm"`)
	s.page("/monitor?event_type=watchlist_alert").want(200).says(`id="a-five"`).saysNot(`id="e-calm"`)
	s.page("/monitor?event_type=alarm").want(http.StatusBadRequest)
}

func TestWhereTheLivePageWasLeadsToTheMonitor(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for from, to := range map[string]string{"/live": "/monitor", "/live?event_type=face_matched&camera_id=a%26b": "/monitor?event_type=face_matched&camera_id=a%26b"} {
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
	s.post(api+"/events", `{"id":"calm","type":"face_matched","source":"face","camera_id":"lobby"}`).want(202)
	hear(t, one, `id="e-calm"`)
	if heard := hear(t, elsewhere, `id="e-calm"`); strings.Contains(heard, `a-one`) {
		t.Error("another camera's alert")
	}
	s.post(api+"/events/one/acknowledge", `{"by":"Alice <J>"}`).want(200)
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
	s.post(api+"/events/alerts/acknowledge", `{"by":"Alice","through":"a4"}`).want(200)
	heard := hear(t, conn, "acknowledged: 4 alerts")
	if tail := heard[strings.Index(heard, "acknowledged: 4 alerts"):]; !strings.Contains(tail, `id="a-a5"`) || strings.Contains(tail, `id="a-a4"`) {
		t.Errorf("then the open ones are %s", tail)
	}
}

func TestAMonitorIsTheSameForAllWhoWatchItAndBeatsOn(t *testing.T) {
	t.Parallel()
	s := startService(t)
	l := s.server.live
	var watchers []*liveWatcher
	for range 2 {
		w, err := l.watch(liveKey{monitor: true}, "")
		if err != nil {
			t.Fatal(err)
		}
		defer l.leave(w)
		watchers = append(watchers, w)
	}
	if n := l.count(); n != 1 {
		t.Fatalf("%d feeds, want 1", n)
	}
	for _, w := range watchers {
		<-w.out // the rows
		<-w.out // the rest
		<-w.out // the state
	}
	// Nothing happens, and still it's heard of: by the one who came later, and
	// in the same words by the one who was there before.
	beat := <-watchers[1].out
	for deadline := time.After(liveTime); ; {
		select {
		case m := <-watchers[0].out:
			if m.frame == beat.frame {
				return
			}
		case <-deadline:
			t.Fatal("a beat was rendered more than once")
		}
	}
}

func TestAFloodOfAlertsComesAtAPaceAndIsCounted(t *testing.T) {
	t.Parallel()
	s := startService(t)
	began := time.Now()
	w, err := s.server.live.watch(liveKey{monitor: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	messages, stop := 0, make(chan struct{})
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for {
			select {
			case <-w.out:
				messages++
			case <-stop:
				return
			}
		}
	}()
	for i := range 40 {
		alerts := make([]*event.Event, 50)
		for n := range alerts {
			alerts[n] = labelled(event.WatchlistAlert, fmt.Sprint("flood ", i, n))
		}
		if _, err := s.hub.Publish(t.Context(), alerts); err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.server.live.site.view(t.Context(), event.Filter{}, nil, true, s.server.now())
	if err != nil || v.OpenAlerts.Open != openBound || !v.OpenAlerts.AtLeast || len(v.OpenAlerts.Alerts) != 3 {
		t.Errorf("%d open (at least: %t), %d shown, %v", v.OpenAlerts.Open, v.OpenAlerts.AtLeast, len(v.OpenAlerts.Alerts), err)
	}
	s.server.live.leave(w)
	close(stop)
	<-counted
	// The picture on joining is three messages. Then there is a beat and an
	// update for each interval that has begun, and the state, which has an
	// interval of its own: not one of each for all 40.
	took := time.Since(began)
	if most := 3 + 2*(int(took/liveUrgent)+1) + int(took/heartbeatFast) + 1; messages > most {
		t.Errorf("%d messages in %v, want at most %d", messages, took, most)
	}
}

func TestTheStreamOfAMonitorHasNoAlerts(t *testing.T) {
	for _, tc := range []struct {
		types, want event.TypeSet
		some        bool
	}{
		{0, event.Types(event.FaceDetected, event.FaceMatched, event.LivenessPassed, event.DocumentScanned, event.PersonEntered, event.PersonExited, event.LineCrossed), true},
		{event.Types(event.FaceMatched, event.SystemError), event.Types(event.FaceMatched), true},
		{event.Types(event.SystemError), 0, false},
	} {
		if f, some := streamFilter(event.Filter{Types: tc.types}); f.Types != tc.want || some != tc.some {
			t.Errorf("of %v: %v, %t", tc.types.Names(), f.Types.Names(), some)
		}
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
	if !strings.Contains(page, ">Filter<") || strings.Contains(page, `id="m-all"`) {
		t.Error("the page looks as if some cameras had been chosen, or acknowledges those of others")
	}
}

// A browser is not left in front of a feed that is no more.
func TestWhoJoinsAFeedThatFailsIsSentAway(t *testing.T) {
	t.Parallel()
	s := startService(t)
	all := s.server.live.site.cameras
	s.server.live.site.cameras = func() []cameraview.Camera {
		if s.server.live.watching() > 0 {
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
	s := startService(t)
	var events []string
	for i := range maxOfferedCameras + 20 {
		events = append(events, fmt.Sprintf(`{"type":"face_matched","source":"a","camera_id":"cam-%d"}`, i))
	}
	s.post(api+"/events", "["+strings.Join(events, ",")+"]").want(202)
	page := string(s.page("/monitor?camera_id=cam-3").want(200).body)
	if got := strings.Count(page, `type="checkbox" name="camera_id"`); got != maxOfferedCameras+1 {
		t.Errorf("%d cameras are offered, want the %d heard of last and the one that is chosen", got, maxOfferedCameras)
	}
}
