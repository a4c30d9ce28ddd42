package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/eventrow"
	"postern/internal/web/bulkread"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// Bounds of exports.
const (
	maxExports = 4
	// exportPage is how many events are read at a time: 25 MiB at most, if
	// each is as large as may be.
	exportPage = 100
	// exportBuffer is how much is gathered before it is sent.
	exportBuffer = 64 << 10
	// exportTime bounds an export in all, however steadily it is taken.
	exportTime = 6 * time.Hour
)

var (
	errExportStopping = errors.New("server is stopping")
	errExportEnded    = errors.New("who asked for the export may not any more")
	errExportLong     = errors.New("the export took longer than any may")
)

// eventsExport answers everything that passes the filter, as NDJSON or CSV.
// It reads the history as it is when the request comes: what arrives later is
// not in it, so that it ends.
func (s *Server) eventsExport(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "format", "event_type", "camera_id", "source", "since", "until", "q", "order"); err != nil {
		return err
	}
	q, err := request.ParseFilter(c)
	if err != nil {
		return err
	}
	var format respond.ExportFormat
	switch name := c.Query("format"); name {
	case "", "ndjson":
		format = respond.NDJSON
	case "csv":
		format = respond.CSV
	default:
		return problem.InvalidField("format", `The format must be "ndjson" (one event as JSON a line) or "csv" (a table).`)
	}
	select {
	case s.exports <- struct{}{}:
	default:
		c.Set(fiber.HeaderRetryAfter, "30")
		return problem.New(problem.TooMany,
			"%d exports are under way, which is as many as Postern makes at once. Try again when one of them has ended.", maxExports)
	}
	if err := s.auditSearch(c, access.EventExport, q.Filter); err != nil {
		<-s.exports
		return err
	}
	q.Filter = request.WithinScope(c, q.Filter)
	through := s.hub.Head()
	if q.Limit = exportPage; !q.Ascending {
		q.Cursor = through + 1
	}
	e := &export{
		server: s, query: q, through: through, format: format, out: format.Begin(),
		conn: c.Context().Conn(), by: request.Principal(c), until: time.Now().Add(exportTime),
		log: s.log.With(slog.String("route", c.Route().Path)),
	}
	c.Set(fiber.HeaderContentType, format.ContentType)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="postern-events-`+s.now().UTC().Format("20060102T150405Z")+
		"."+format.Extension+`"`)
	c.Context().SetBodyStream(e, -1)
	return nil
}

// export is the body of an export. fasthttp pulls it at the pace of the one
// who reads it and closes it however it ends; between two pages nothing of
// the store is held. An error from Read cuts the connection within the
// chunked body, so that what was read till then doesn't look complete.
type export struct {
	server  *Server
	query   event.Query
	through int64 // the newest event's number when the request came
	format  respond.ExportFormat
	conn    net.Conn
	by      access.Principal
	until   time.Time // when it is cut
	log     *slog.Logger

	out     []byte // written out but not read yet
	read    int    // how much of out was read
	bounded int    // up to where in out the time to take it is bounded
	ended   bool   // there is nothing after out
	closed  bool

	// damaged is set once an event can't be read. All others are sent, and then
	// the connection is cut, so that the export doesn't look complete.
	damaged error
}

// Read is what fasthttp calls for the next piece.
func (e *export) Read(p []byte) (int, error) {
	if e.read == len(e.out) {
		if !time.Now().Before(e.until) {
			e.log.Error("export failed", slog.Any("error", errExportLong))
			return 0, errExportLong
		}
		e.out, e.read = e.out[:0], 0
		for len(e.out) < exportBuffer && !e.ended {
			if err := e.server.bulk.Do(context.Background(), bulkread.Export, e.next); err != nil {
				if !errors.Is(err, errExportStopping) && !errors.Is(err, errExportEnded) {
					e.log.Error("export failed", slog.Any("error", err))
				}
				return 0, err
			}
		}
		e.bounded = 0
	}
	if e.read == len(e.out) {
		if e.damaged != nil {
			e.log.Error("export failed", slog.Any("error", e.damaged))
			return 0, e.damaged
		}
		return 0, io.EOF
	}
	// The server's bound is for a whole answer; here it is for each 64 KiB of
	// one, and not for each write: whoever takes a few bytes a minute would hold
	// one of the few places for ever.
	if e.read >= e.bounded {
		if err := e.conn.SetWriteDeadline(earlier(time.Now().Add(writeTimeout), e.until)); err != nil {
			return 0, err
		}
		e.bounded = e.read + exportBuffer
	}
	n := copy(p, e.out[e.read:])
	e.read += n
	return n, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// next appends a page of events to out.
func (e *export) next() error {
	if e.server.ready.isStopping() {
		return errExportStopping
	}
	if e.by.Ended() {
		return errExportEnded
	}
	page, err := e.server.hub.Search(context.Background(), e.query)
	if err != nil {
		return err
	}
	for _, seq := range page.Damaged {
		if e.damaged == nil && seq <= e.through {
			e.damaged = &eventrow.DamagedError{Seq: seq}
		}
	}
	for _, one := range page.Events {
		if one.Seq > e.through {
			e.ended = true
			return nil
		}
		if e.out, err = e.format.Append(e.out, one); err != nil {
			return err
		}
	}
	e.query.Cursor = page.Next
	e.ended = page.Next == 0
	return nil
}

// Close gives the export's place to the next.
func (e *export) Close() error {
	if !e.closed {
		e.closed = true
		<-e.server.exports
	}
	return nil
}
