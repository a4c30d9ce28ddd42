package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/event"
	"postern/internal/eventtest"
)

// liveTime is as long as a test waits for what must come.
const liveTime = time.Minute

func labelled(typ event.Type, label string) *event.Event {
	return eventtest.New(eventtest.WithType(typ), eventtest.At(time.Now().UTC().Truncate(time.Microsecond)),
		eventtest.WithSource("test"), eventtest.WithData(fmt.Sprintf(`{"label":%q}`, label)))
}

// dial opens a live socket.
func (s *service) dial(query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	return websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.base, "http")+"/live/socket"+query, header)
}

func (s *service) watch(query string) *websocket.Conn {
	s.t.Helper()
	conn, _, err := s.dial(query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

// hear reads messages until one holds text, and returns all it read.
func hear(t *testing.T, conn *websocket.Conn, text string) (heard string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(liveTime))
	for {
		_, b, err := conn.ReadMessage()
		if err != nil {
			t.Fatalf("%v before %q; heard %s", err, text, heard)
		}
		if heard += string(b); strings.Contains(heard, text) {
			return heard
		}
	}
}

func TestLiveSocketBeginsWithSnapshotThenFollows(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `{"type":"face_matched","source":"a","data":{"label":"Before"}}`).want(202)
	conn := s.watch("")
	first := hear(t, conn, "Before")
	if !strings.Contains(first, `hx-swap="innerMorph"`) {
		t.Errorf("no snapshot: %s", first)
	}
	s.post(apiPath+"/events", `{"type":"face_matched","source":"a","data":{"label":"<After>"}}`).want(202)
	update := hear(t, conn, "&lt;After&gt;")
	if !strings.Contains(update, `hx-swap="prepend"`) || strings.Contains(update, "Before") {
		t.Errorf("no update: %s", update)
	}
}

func TestLiveSocketKeepsToItsFilter(t *testing.T) {
	t.Parallel()
	s := startService(t)
	conn := s.watch("?event_type=watchlist_alert,system_error&camera_id=gate-7")
	hear(t, conn, `"per_minute":`)
	for i, body := range []string{
		`{"type":"face_matched","source":"a","camera_id":"gate-7","data":{"label":"Wrong type"}}`,
		`{"type":"watchlist_alert","source":"a","camera_id":"lobby","data":{"label":"Wrong camera"}}`,
		`{"type":"watchlist_alert","source":"a","camera_id":"gate-7","data":{"label":"Right"}}`,
	} {
		if s.post(apiPath+"/events", body).status != 202 {
			t.Fatal(i)
		}
	}
	if heard := hear(t, conn, "Right"); strings.Contains(heard, "Wrong") {
		t.Error(heard)
	}
}

func TestLiveSocketForTheHeaderCarriesNoEvents(t *testing.T) {
	t.Parallel()
	s := startService(t)
	conn := s.watch("?only=state")
	s.post(apiPath+"/events", `{"type":"face_matched","source":"a","data":{"label":"Secret Name"}}`).want(202)
	if heard := hear(t, conn, `"per_minute":1,`); strings.Contains(heard, "Secret Name") {
		t.Error(heard)
	}
}

func TestLiveSocketRefusesOtherSitesAndPlainRequests(t *testing.T) {
	t.Parallel()
	s := startService(t)
	_, res, err := s.dial("", http.Header{"Origin": {"https://evil.example"}})
	if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("another site: %v", err)
	}
	s.get("/live/socket").want(http.StatusUpgradeRequired)
	if _, res, err = s.dial("?event_type=nonsense", nil); err == nil || res == nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("a filter that isn't one: %v", err)
	}
}

func TestStoppingEndsLiveSocketsWithRestart(t *testing.T) {
	t.Parallel()
	var conn *websocket.Conn
	t.Run("while it runs", func(t *testing.T) {
		s := startService(t)
		var err error
		if conn, _, err = s.dial("", nil); err != nil {
			t.Fatal(err)
		}
		hear(t, conn, `"per_minute":`)
	})
	// The subtest's cleanup has stopped the service and waited for it.
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(liveTime))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
				t.Errorf("ended with %v, want close code 1012", err)
			}
			return
		}
	}
}
