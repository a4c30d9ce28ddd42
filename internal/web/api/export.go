package api

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
	// exportPage is the number of events in one read: 25 MiB if each has the
	// maximum size.
	exportPage = 100
	// exportBuffer is the number of bytes that are gathered before they are sent.
	exportBuffer = 64 << 10
	// exportWriteTimeout is how long a client may take to read exportBuffer bytes.
	exportWriteTimeout = time.Minute
	// exportTime bounds a whole export, however steadily the client reads.
	exportTime = 6 * time.Hour
)

var (
	errExportStopping = errors.New("the server is stopping")
	errExportEnded    = errors.New("the export's session or key has ended")
	errExportLong     = errors.New("the export took longer than the limit of 6 hours")
)

// EventsExport answers all events that match the filter, as NDJSON or CSV. It
// ends with the event that is the newest when the request arrives.
func (h *Handlers) EventsExport(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "format", "event_type", "camera_id", "source", "since", "until", "q", "order"); err != nil {
		return err
	}
	q, err := request.ParseEventQuery(c)
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
	case h.exports <- struct{}{}:
	default:
		c.Set(fiber.HeaderRetryAfter, "30")
		return problem.New(problem.TooMany,
			"%d exports are under way, which is the maximum. Try again when one of them has ended.", maxExports)
	}
	if err := h.audit.Search(c, access.EventExport, q.Filter); err != nil {
		<-h.exports
		return err
	}
	q.Filter = request.WithinScope(c, q.Filter)
	through := h.hub.Head()
	if q.Limit = exportPage; !q.Ascending {
		q.Cursor = through + 1
	}
	e := &export{
		handlers: h, query: q.Query, through: through, format: format, out: format.Begin(),
		conn: c.Context().Conn(), by: request.Principal(c), until: time.Now().Add(exportTime),
		log: h.log.With(slog.String("route", c.Route().Path)),
	}
	c.Set(fiber.HeaderContentType, format.ContentType)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="postern-events-`+h.now().UTC().Format("20060102T150405Z")+
		"."+format.Extension+`"`)
	c.Context().SetBodyStream(e, -1)
	return nil
}

// export is the body of an export. fasthttp reads it at the client's pace, and
// always closes it. Between two pages it holds nothing of the store. An error
// from Read cuts the connection within the chunked body, so that the client
// doesn't take its part of the export for a complete one.
type export struct {
	handlers *Handlers
	query    event.Query
	through  int64 // the newest event's sequence number when the request arrived
	format   respond.ExportFormat
	conn     net.Conn
	by       access.Principal
	until    time.Time // when its time is over
	log      *slog.Logger

	out     []byte // encoded events that aren't sent yet
	read    int    // bytes of out that were read
	bounded int    // bytes of out for which a write deadline is set
	ended   bool   // no event follows those in out
	closed  bool

	// damaged is the error of the first event that can't be read. All others are
	// sent, and then the connection is cut, so that the export doesn't look
	// complete.
	damaged error
}

// Read returns the next bytes of the export. fasthttp calls it.
func (e *export) Read(p []byte) (int, error) {
	if e.read == len(e.out) {
		if !time.Now().Before(e.until) {
			e.log.Error("export failed", slog.Any("error", errExportLong))
			return 0, errExportLong
		}
		e.out, e.read = e.out[:0], 0
		for len(e.out) < exportBuffer && !e.ended {
			if err := e.handlers.bulk.Do(context.Background(), bulkread.Export, e.next); err != nil {
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
	// The server's deadline is for a whole response. An export gets one for each
	// 64 KiB. With one for each write, a client that reads a few bytes a minute
	// would block one of the few exports for ever.
	if e.read >= e.bounded {
		if err := e.conn.SetWriteDeadline(earlier(time.Now().Add(exportWriteTimeout), e.until)); err != nil {
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
	if e.handlers.stopping() {
		return errExportStopping
	}
	if e.by.Ended() {
		return errExportEnded
	}
	page, err := e.handlers.hub.Search(context.Background(), e.query)
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

// Close lets the next export begin.
func (e *export) Close() error {
	if !e.closed {
		e.closed = true
		<-e.handlers.exports
	}
	return nil
}
