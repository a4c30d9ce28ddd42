package trace

import (
	"context"
	"log/slog"
	"time"
	"unicode/utf8"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"postern/internal/lograte"
)

// Bounds of what is logged of a collector that fails.
const (
	complainEvery    = time.Minute
	maxComplaintSize = 300 // bytes: a collector's answer may be a page
)

// exporter is the library's, and Postern logs its failures. A full queue before
// it drops spans.
type exporter struct {
	sdk.SpanExporter
	failed *lograte.Line
}

// failures makes the line that traces fail. It counts the spans of batches that
// failed.
func failures(log *slog.Logger) *lograte.Line {
	return lograte.New(log, slog.LevelWarn, "traces fail", "spans", complainEvery)
}

// ExportSpans sends spans, and logs a failure.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.failed.Add(len(spans), cause(err))
	}
	return nil
}

func cause(err error) slog.Attr { return slog.String("error", clip(err.Error())) }

func clip(s string) string {
	n := min(len(s), maxComplaintSize)
	for n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
