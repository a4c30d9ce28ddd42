package pages

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

// LiveSocket serves the websocket of a live page, with the page's own filter.
// With only=state it sends the live state for the header of other pages, and
// with only=monitor the content of a monitor.
func (h *Handlers) LiveSocket(c *fiber.Ctx) error {
	if !websocket.IsWebSocketUpgrade(c) {
		return respond.Problem{Status: fiber.StatusUpgradeRequired,
			Detail: "This path is for the websockets of Postern's own pages. Programs follow events at GET " + request.APIPrefix + "/events/stream."}
	}
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	recorded := h.recorded.has(h.searchKey(c, q.Filter), h.Now())
	slices.Sort(q.Cameras) // one feed for the same names in any order
	slices.Sort(q.Sources)
	q.Filter = request.WithinScope(c, q.Filter)
	key := live.Key{Filter: q.Filter, CameraScope: request.CameraScope(c), Zone: request.Zone(c)}
	switch c.Query("only") {
	case "state":
		key = live.Key{StateOnly: true, CameraScope: key.CameraScope}
	case "monitor":
		key.Monitor, key.Webhooks, key.Filter = true, seesWebhookCount(c), live.MonitorFilter(q.Filter)
		key.Snapshots = request.May(c, access.ReadSnapshots)
	default:
		// Rows can be filtered by text and time, like a search, so the permission
		// to watch the monitor isn't enough.
		if err := access.Authorize(request.Principal(c), access.ReadEvents); err != nil {
			return err
		}
		if q.Text != "" && !recorded { // the text may name a person
			if err := h.audit.Search(c, access.EventSearch, q.Filter); err != nil {
				return err
			}
		}
	}
	if err := h.live.CheckCapacity(); err != nil {
		return err
	}
	ended, erasures := request.Principal(c).Done(), strings.Clone(c.Query("erasures"))
	return socket.Upgrade(c, func(conn *websocket.Conn) { h.live.Serve(conn, key, erasures, ended) })
}
