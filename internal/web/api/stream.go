package api

import (
	"bytes"
	"errors"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/socket"
	"postern/internal/web/stream"
)

// Content types of streams, in the order of preference.
const (
	typeNDJSON = "application/x-ndjson"
	typeSSE    = "text/event-stream"
)

// lastEventID is the header that an EventSource sends when it reconnects.
const lastEventID = "Last-Event-ID"

// EventsStream streams the log from a start position on: as a websocket, as
// server-sent events, or as NDJSON.
func (h *Handlers) EventsStream(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "event_type", "camera_id", "source", "q", "after", "after_id", "since"); err != nil {
		return err
	}
	from, err := h.parseStart(c)
	if err != nil {
		return err
	}
	if from.Filter.Text != "" { // the text may name a person
		if err := h.audit.Search(c, access.EventSearch, from.Filter); err != nil {
			return err
		}
	}
	if err := h.streams.CheckCapacity(); err != nil {
		return err
	}
	if websocket.IsWebSocketUpgrade(c) {
		return socket.Upgrade(c, func(conn *websocket.Conn) { h.streams.ServeSocket(conn, from) })
	}
	answer := stream.Response{Start: from, Encode: stream.AppendNDJSON, Chunked: c.Request().Header.IsHTTP11()}
	contentType := typeNDJSON
	if c.Accepts(typeNDJSON, typeSSE) == typeSSE {
		contentType, answer.Encode = typeSSE, stream.AppendSSE
	}
	c.Set(fiber.HeaderContentType, contentType)
	c.Vary(fiber.HeaderAccept)
	c.Set("X-Accel-Buffering", "no") // nginx would buffer events
	if c.Method() == fiber.MethodHead {
		return nil
	}
	header := &c.Response().Header
	header.SetConnectionClose()
	header.SetContentLength(-2) // the body ends with the connection
	if answer.Chunked {
		header.SetContentLength(-1)
	}
	answer.Header = bytes.Clone(header.Header())
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) { h.streams.Serve(conn, answer) })
	return nil
}

// parseStart reads a stream's filter and its start position: the Last-Event-ID
// of an EventSource; otherwise a sequence number, an event or a time of arrival;
// otherwise now. Its errors are *problem.Error, or the store's.
func (h *Handlers) parseStart(c *fiber.Ctx) (stream.Start, error) {
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return stream.Start{}, err
	}
	since := q.Since
	q.Since = time.Time{} // a start position, not a filter: the stream has late events too
	from := stream.Start{Filter: request.WithinScope(c, q.Filter), Ended: request.Principal(c).Done()}
	values := request.Query(c)
	after, afterID := values.Get("after"), values.Get("after_id")
	given := 0
	for _, name := range []string{"after", "after_id", "since"} {
		if values.Get(name) != "" {
			given++
		}
	}
	if given > 1 {
		return from, &problem.Error{Code: problem.Invalid,
			Detail: "The request has more than one start position. Give only one of after, after_id and since."}
	}
	// An EventSource reconnects to its first URL. The last event that it got
	// takes precedence over the start position in there.
	if last := c.Get(lastEventID); last != "" {
		if strings.Trim(last, "0123456789") == "" {
			return from, h.startAfterSeq(&from, lastEventID, last)
		}
		from.After, err = h.startAfterEvent(c, last)
		return from, err
	}
	switch {
	case after != "":
		err = h.startAfterSeq(&from, "after", after)
	case afterID != "":
		from.After, err = h.startAfterEvent(c, afterID)
	case !since.IsZero():
		from.After, err = h.store.SeqAt(c.UserContext(), since)
	default:
		from.After = h.hub.Head()
	}
	return from, err
}

// startAfterSeq starts a stream after a sequence number. A number beyond the
// newest event belongs to another store. It isn't answered with an error, which
// would end an EventSource for good.
func (h *Handlers) startAfterSeq(from *stream.Start, field, number string) error {
	seq, err := strconv.ParseInt(number, 10, 64)
	if errors.Is(err, strconv.ErrRange) && number[0] != '-' {
		seq, err = math.MaxInt64, nil
	}
	if err != nil || seq < 0 {
		return problem.InvalidField(field, "The value must be the seq of a message, 0 or more.")
	}
	head := h.hub.Head()
	from.After, from.Beyond = min(seq, head), seq > head
	return nil
}

// startAfterEvent returns the sequence number of an event.
func (h *Handlers) startAfterEvent(c *fiber.Ctx, id string) (int64, error) {
	e, err := h.scoped.Event(c, id)
	if errors.Is(err, event.ErrNotFound) {
		return 0, &problem.Error{Code: problem.NotFound, Detail: "There is no event with the id " + request.QuoteClipped(id) +
			". Retention may have removed it. Continue with after and the seq of the last message, or with since and a time."}
	}
	if err != nil {
		return 0, err
	}
	return e.Seq, nil
}
