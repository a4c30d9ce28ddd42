package trace

import (
	"context"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Bounds of what is logged of a collector that fails.
const (
	complainEvery    = time.Minute
	maxComplaintSize = 300 // bytes: a collector's answer may be a page
)

// exporter is the library's, and its failures are told of by Postern. A full
// queue before it drops spans.
type exporter struct {
	sdk.SpanExporter
	complaints *complaints
}

// ExportSpans sends spans; a failure is told of here.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.complaints.about(err, len(spans))
	}
	return nil
}

// complaints log that traces fail, at most once a minute.
type complaints struct {
	log *slog.Logger

	mu    sync.Mutex
	at    time.Time
	spans int // of batches that failed since then
}

func (c *complaints) about(err error, spans int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans += spans
	now := time.Now()
	if !c.at.IsZero() && now.Sub(c.at) < complainEvery {
		return
	}
	c.log.Warn("traces fail", slog.Int("spans", c.spans), slog.String("error", clip(err.Error())))
	c.at, c.spans = now, 0
}

func clip(s string) string {
	n := min(len(s), maxComplaintSize)
	for n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
