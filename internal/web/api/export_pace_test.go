package api

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/hubtest"
	"postern/internal/web/bulkread"
	"postern/internal/web/respond"
)

// deadlines is a connection that counts how often it is given time.
type deadlines struct {
	net.Conn
	given int
	last  time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.given++
	d.last = t
	return nil
}

// A client that reads a little of an export now and then gets no more time than
// for 64 KiB each, and for all of it a few hours.
func TestAnExportIsTakenInTime(t *testing.T) {
	t.Parallel()
	log := hubtest.Open(t, hubtest.Options{Hub: hub.Options{History: 100}})
	hubtest.FillWithLarge(t, log.Hub)
	s := New(Services{Hub: log.Hub, Bulk: bulkread.New(log.Hub.Head), Stopping: func() bool { return false }})
	begin := func(until time.Time) (*export, *deadlines) {
		s.exports <- struct{}{}
		conn := new(deadlines)
		return &export{
			handlers: s, query: event.Query{Limit: exportPage, Ascending: true}, through: log.Hub.Head(), format: respond.NDJSON,
			conn: conn, until: until, log: slog.New(slog.DiscardHandler),
		}, conn
	}
	e, conn := begin(time.Now().Add(exportTime))
	small, total := make([]byte, 1<<10), 0
	for {
		n, err := e.Read(small)
		if total += n; err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if most := total/exportBuffer + 250; total < 250*120<<10 || conn.given == 0 || conn.given > most {
		t.Errorf("%d bytes were given time %d times, want %d at most", total, conn.given, most)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}

	// An export that takes too long in all is cut, and its end shows that.
	soon := time.Now().Add(time.Minute / 2)
	e, conn = begin(soon)
	if _, err := e.Read(small); err != nil || !conn.last.Equal(soon) {
		t.Errorf("half a minute before the end a piece may take until %v, %v", conn.last, err)
	}
	e.until = time.Now()
	if _, err := io.Copy(io.Discard, e); !errors.Is(err, errExportLong) {
		t.Errorf("an export that took too long: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
