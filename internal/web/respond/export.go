package respond

import (
	"bytes"
	"encoding/csv"
	"strings"

	"postern/internal/event"
	"postern/views/eventlist"
)

// ExportFormat encodes the events of an export.
type ExportFormat struct {
	ContentType string
	Extension   string
	Begin       func() []byte // what comes before the first event
	Append      func(to []byte, e *event.Event) ([]byte, error)
}

// NDJSON is one event as JSON a line.
var NDJSON = ExportFormat{
	ContentType: "application/x-ndjson",
	Extension:   "ndjson",
	Begin:       func() []byte { return nil },
	Append: func(to []byte, e *event.Event) ([]byte, error) {
		return append(append(to, e.JSON()...), '\n'), nil
	},
}

// CSV is RFC 4180: a header, commas, quotes where they are needed, CRLF.
var CSV = ExportFormat{
	ContentType: "text/csv; charset=utf-8; header=present",
	Extension:   "csv",
	Begin:       func() []byte { return []byte(strings.Join(exportColumns, ",") + "\r\n") },
	Append: func(to []byte, e *event.Event) ([]byte, error) {
		b := bytes.NewBuffer(to)
		w := csv.NewWriter(b)
		w.UseCRLF = true
		received := ""
		if !e.Received.IsZero() {
			received = event.FormatTime(e.Received)
		}
		row := []string{
			escapeFormula(e.ID), e.Type.String(), event.FormatTime(e.Time), received,
			escapeFormula(e.Source), escapeFormula(e.Camera), escapeFormula(eventlist.SentenceOf(e).String()), string(e.Data),
			escapeFormula(e.ProducerID), escapeFormula(e.Site),
		}
		if err := w.Write(row); err != nil {
			return to, err
		}
		w.Flush()
		return b.Bytes(), w.Error()
	},
}

var exportColumns = []string{"id", "type", "timestamp", "received", "source", "camera_id", "summary", "data", "producer_id", "site"}

// escapeFormula puts an apostrophe before text that a spreadsheet would run as a
// formula (OWASP, CSV injection).
func escapeFormula(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}
