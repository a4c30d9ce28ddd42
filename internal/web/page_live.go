package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"

	"postern/internal/access"
	"postern/internal/web/live"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/socket"
)

// liveSocket is the feed of a live page, with the page's own filter; with
// only=state, the live state in the header of the others; with only=monitor,
// what a monitor shows.
func (s *Server) liveSocket(c *fiber.Ctx) error {
	if !websocket.IsWebSocketUpgrade(c) {
		return respond.Problem{Status: fiber.StatusUpgradeRequired,
			Detail: "This address is for the websockets of Postern's own pages. Programs follow events at GET " + api + "/events/stream."}
	}
	q, err := request.ParseFilter(c)
	if err != nil {
		return err
	}
	recorded := s.recorded.has(s.searchKey(c, q.Filter), s.now())
	slices.Sort(q.Cameras) // one feed for the same names in any order
	slices.Sort(q.Sources)
	q.Filter = request.WithinScope(c, q.Filter)
	key := live.Key{Filter: q.Filter, CameraScope: request.CameraScope(c), Zone: request.Zone(c)}
	switch c.Query("only") {
	case "state":
		key = live.Key{StateOnly: true, CameraScope: key.CameraScope}
	case "monitor":
		key.Monitor, key.Webhooks, key.Filter = true, toldOfWebhooks(c), live.MonitorFilter(q.Filter)
	default:
		// Rows are history too, by text and time: watching the monitor isn't
		// enough for them.
		if err := access.Authorize(request.Principal(c), access.ReadEvents); err != nil {
			return err
		}
		if q.Text != "" && !recorded { // for a person, as in the history
			if err := s.auditSearch(c, access.EventSearch, q.Filter); err != nil {
				return err
			}
		}
	}
	if err := s.live.CheckCapacity(); err != nil {
		return err
	}
	ended, erasures := request.Principal(c).Done(), strings.Clone(c.Query("erasures"))
	return socket.Upgrade(c, func(conn *websocket.Conn) { s.live.Serve(conn, key, erasures, ended) })
}
