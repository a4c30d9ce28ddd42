package web

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"

	"postern/internal/access"
	"postern/internal/web/socket"
)

// Bounds of one live socket.
const (
	liveWriteTime = 10 * time.Second
	livePingEvery = 30 * time.Second
)

// liveSocket is the feed of a live page, with the page's own filter; with
// only=state, the live state in the header of the others; with only=monitor,
// what a monitor shows.
func (s *Server) liveSocket(c *fiber.Ctx) error {
	if !websocket.IsWebSocketUpgrade(c) {
		return httpProblem{Status: fiber.StatusUpgradeRequired, Detail: "This address is for the websockets of Postern's own pages. Programs follow events at GET " + api + "/events/stream."}
	}
	q, err := parseFilter(c)
	if err != nil {
		return err
	}
	recorded := s.recorded.has(s.searchKey(c, q.Filter), s.now())
	slices.Sort(q.Cameras) // one feed for the same names in any order
	slices.Sort(q.Sources)
	q.Filter = narrowed(c, q.Filter)
	key := liveKey{filter: q.Filter, reach: reach(c), zone: zone(c)}
	switch c.Query("only") {
	case "state":
		key = liveKey{stateOnly: true, reach: key.reach}
	case "monitor":
		key.monitor, key.webhooks, key.filter = true, toldOfWebhooks(c), monitorFilter(q.Filter)
	default:
		// Rows are history too, by text and time: watching the monitor isn't
		// enough for them.
		if err := access.Authorize(who(c), access.ReadEvents); err != nil {
			return err
		}
		if q.Text != "" && !recorded { // for a person, as in the history
			if err := s.recordSearch(c, access.EventSearch, q.Filter); err != nil {
				return err
			}
		}
	}
	if err := s.live.room(); err != nil {
		return err
	}
	ended, erasures := who(c).Done(), strings.Clone(c.Query("erasures"))
	return socket.Upgrade(c, func(conn *websocket.Conn) { s.serveLive(conn, key, erasures, ended) })
}

// serveLive holds one socket until either side ends it. It outlives the
// socket's reader: the connection is pooled, and a late reader would read
// somebody else's.
func (s *Server) serveLive(conn *websocket.Conn, key liveKey, erasures string, ended <-chan struct{}) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("live socket panicked", slog.Any("cause", cause))
		}
	}()
	w, err := s.live.watch(key, erasures)
	if err != nil {
		code := socket.CloseRestart
		switch {
		case errors.Is(err, errLiveFull):
			code = socket.CloseTryLater
		case errors.Is(err, errLiveErased):
			code = socket.CloseReload
		}
		socket.Close(conn, code)
		return
	}
	defer s.live.leave(w)

	left := socket.ReadUntilClosed(conn, func() {})
	defer func() {
		_ = conn.SetReadDeadline(time.Now())
		<-left
	}()
	ping := time.NewTicker(livePingEvery)
	defer ping.Stop()
	for {
		select {
		case m := <-w.out:
			_ = conn.SetWriteDeadline(time.Now().Add(liveWriteTime))
			if err := conn.WritePreparedMessage(m.frame); err != nil {
				return
			}
		case <-ping.C:
			if err := conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(liveWriteTime)); err != nil {
				return
			}
		case <-ended:
			// A key was revoked or a session ended: nothing more is shown.
			socket.Close(conn, websocket.ClosePolicyViolation)
			return
		case <-w.gone:
			socket.Close(conn, w.code)
			return
		case <-left:
			return
		}
	}
}
