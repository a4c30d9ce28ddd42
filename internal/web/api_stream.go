package web

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

// lastEventID is the header with which an EventSource comes back.
const lastEventID = "Last-Event-ID"

// eventsStream follows the log from a place on: as a websocket, as
// server-sent events, or as NDJSON.
func (s *Server) eventsStream(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "event_type", "camera_id", "source", "q", "after", "after_id", "since"); err != nil {
		return err
	}
	from, err := s.parseStart(c)
	if err != nil {
		return err
	}
	if from.Filter.Text != "" { // for a person, as in the history
		if err := s.auditSearch(c, access.EventSearch, from.Filter); err != nil {
			return err
		}
	}
	if err := s.streams.CheckCapacity(); err != nil {
		return err
	}
	if websocket.IsWebSocketUpgrade(c) {
		return socket.Upgrade(c, func(conn *websocket.Conn) { s.streams.ServeSocket(conn, from) })
	}
	answer := stream.Response{Start: from, Encode: stream.AppendNDJSON, Chunked: c.Request().Header.IsHTTP11()}
	contentType := typeNDJSON
	if c.Accepts(typeNDJSON, typeSSE) == typeSSE {
		contentType, answer.Encode = typeSSE, stream.AppendSSE
	}
	c.Set(fiber.HeaderContentType, contentType)
	c.Vary(fiber.HeaderAccept)
	c.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if c.Method() == fiber.MethodHead {
		return nil
	}
	header := &c.Response().Header
	header.SetConnectionClose()
	header.SetContentLength(-2) // up to the connection's end
	if answer.Chunked {
		header.SetContentLength(-1)
	}
	answer.Header = bytes.Clone(header.Header())
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) { s.streams.Serve(conn, answer) })
	return nil
}

// parseStart reads which events a stream lets through, and where it begins:
// where an EventSource was cut, else after a sequence number, an event, or a
// time of arrival, else now. Its errors are *problem.Error and
// problemError.
func (s *Server) parseStart(c *fiber.Ctx) (stream.Start, error) {
	q, err := request.ParseFilter(c)
	if err != nil {
		return stream.Start{}, err
	}
	since := q.Since
	q.Since = time.Time{} // a place, not a filter: what is reported late comes too
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
		return from, &problem.Error{Code: problem.Invalid, Detail: "Say once where the stream begins: after, after_id or since."}
	}
	// An EventSource comes back to the address that it began with, so that
	// what it has got meanwhile counts for more than what stands there.
	if last := c.Get(lastEventID); last != "" {
		if strings.Trim(last, "0123456789") == "" {
			return from, s.startAfterSeq(&from, lastEventID, last)
		}
		from.After, err = s.startAfterEvent(c, last)
		return from, err
	}
	switch {
	case after != "":
		err = s.startAfterSeq(&from, "after", after)
	case afterID != "":
		from.After, err = s.startAfterEvent(c, afterID)
	case !since.IsZero():
		from.After, err = s.store.SeqAt(c.UserContext(), since)
	default:
		from.After = s.hub.Head()
	}
	return from, err
}

// startAfterSeq starts a stream after a sequence number. A number beyond the
// newest event is valid, but belongs to another store. It isn't answered with
// an error, which would end an EventSource for good.
func (s *Server) startAfterSeq(from *stream.Start, field, number string) error {
	seq, err := strconv.ParseInt(number, 10, 64)
	if errors.Is(err, strconv.ErrRange) && number[0] != '-' {
		seq, err = math.MaxInt64, nil
	}
	if err != nil || seq < 0 {
		return problem.InvalidField(field, "The value must be the seq of a message, 0 or more.")
	}
	head := s.hub.Head()
	from.After, from.Beyond = min(seq, head), seq > head
	return nil
}

// startAfterEvent returns the sequence number of an event to start after.
func (s *Server) startAfterEvent(c *fiber.Ctx, id string) (int64, error) {
	e, err := s.event(c, id)
	if errors.Is(err, event.ErrNotFound) {
		return 0, &problem.Error{Code: problem.NotFound, Detail: "There is no event with the id " + request.QuoteClipped(id) +
			". It may have been removed by retention; go on with after and the seq of the last message, or with since and a time."}
	}
	if err != nil {
		return 0, err
	}
	return e.Seq, nil
}
