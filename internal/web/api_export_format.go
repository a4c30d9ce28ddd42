package web

import (
	"bytes"
	"encoding/csv"
	"strings"

	"postern/internal/event"
	"postern/views/eventlist"
)

// exportFormat is a way to write events down.
type exportFormat struct {
	contentType string
	extension   string
	begin       func() []byte // what comes before the first event
	append      func(to []byte, e *event.Event) ([]byte, error)
}

var exportNDJSON = exportFormat{
	contentType: "application/x-ndjson",
	extension:   "ndjson",
	begin:       func() []byte { return nil },
	append: func(to []byte, e *event.Event) ([]byte, error) {
		return append(append(to, e.JSON()...), '\n'), nil
	},
}

// exportCSV is RFC 4180: a header, commas, quotes where they are needed, CRLF.
var exportCSV = exportFormat{
	contentType: "text/csv; charset=utf-8; header=present",
	extension:   "csv",
	begin:       func() []byte { return []byte(strings.Join(exportColumns, ",") + "\r\n") },
	append: func(to []byte, e *event.Event) ([]byte, error) {
		b := bytes.NewBuffer(to)
		w := csv.NewWriter(b)
		w.UseCRLF = true
		received := ""
		if !e.Received.IsZero() {
			received = event.FormatTime(e.Received)
		}
		row := []string{
			unspelled(e.ID), e.Type.String(), event.FormatTime(e.Time), received,
			unspelled(e.Source), unspelled(e.Camera), unspelled(eventlist.SentenceOf(e).String()), string(e.Data),
			unspelled(e.ProducerID), unspelled(e.Site),
		}
		if err := w.Write(row); err != nil {
			return to, err
		}
		w.Flush()
		return b.Bytes(), w.Error()
	},
}

var exportColumns = []string{"id", "type", "timestamp", "received", "source", "camera_id", "summary", "data", "producer_id", "site"}

// unspelled keeps a spreadsheet from taking what a producer wrote for a
// formula, which it would run: such a cell begins with an apostrophe (OWASP,
// CSV injection).
func unspelled(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}
