// Package lograte bounds how often a log line is written. The cause of the line
// is outside Postern's control, such as clients that are refused: without a
// bound it would fill the log.
package lograte

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Line is a log line that is written at most once an interval. It is written
// at once when its cause first occurs; further occurrences are counted, and
// the next line has their number. Its methods are safe for concurrent use.
type Line struct {
	log     *slog.Logger
	level   slog.Level
	message string
	unit    string // the attribute that has the number of occurrences
	every   time.Duration

	mu      sync.Mutex
	next    time.Time // no line is written before
	count   int       // occurrences since the last line
	pending bool      // a timer will write the next line
	attrs   []slog.Attr
}

// New makes a line with a constant message. The attribute unit has the number of
// occurrences since the last line.
func New(log *slog.Logger, level slog.Level, message, unit string, every time.Duration) *Line {
	return &Line{log: log, level: level, message: message, unit: unit, every: every}
}

// Add counts n occurrences. The line has their number, and the attributes of the
// last of them.
func (l *Line) Add(n int, attrs ...slog.Attr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count += n
	l.attrs = attrs
	switch wait := time.Until(l.next); {
	case wait <= 0:
		l.write()
	case !l.pending:
		l.pending = true
		time.AfterFunc(wait, l.Flush)
	}
}

// Flush writes the line if there are occurrences since the last one. The line's
// owner calls it at its end.
func (l *Line) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = false
	if l.count > 0 {
		l.write()
	}
}

// write writes the line. The caller holds mu.
func (l *Line) write() {
	l.log.LogAttrs(context.Background(), l.level, l.message, append([]slog.Attr{slog.Int(l.unit, l.count)}, l.attrs...)...)
	l.count, l.next = 0, time.Now().Add(l.every)
}
