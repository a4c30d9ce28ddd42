package segment

import "postern/internal/event"

// Events is the size of a segment in sequence numbers. A search prunes whole
// segments first and looks at events of the remaining ones only.
const Events = 8192

// Of returns the number of the segment that a sequence number belongs to.
// Segments count from 0, sequence numbers from 1.
func Of(seq int64) int64 { return (seq - 1) / Events }

// First returns the first sequence number of segment n, and Last its last one.
func First(n int64) int64 { return n*Events + 1 }

// Last returns the last sequence number of segment n.
func Last(n int64) int64 { return (n + 1) * Events }

// Position returns an event's position in its segment, 0 to Events-1.
func Position(seq int64) uint16 { return uint16((seq - 1) % Events) }

// Segment is the summary of a segment: it rules the segment out for most
// searches without a read.
type Segment struct {
	N int64

	oldest, newest int64 // Unix microseconds, by the events' own times
	types          event.TypeSet
	ngrams         *NgramFilter // nil where the file has none yet
}

// New returns the summary of segment n before its first event.
func New(n int64) *Segment { return &Segment{N: n, ngrams: new(NgramFilter)} }

func (s *Segment) empty() bool { return s.types == 0 }

// Add adds an event to the summary and to the segment's builder.
func (s *Segment) Add(e *event.Event, b *Builder) {
	at := e.Time.UnixMicro()
	if s.empty() {
		s.oldest, s.newest = at, at
	}
	s.oldest, s.newest = min(s.oldest, at), max(s.newest, at)
	s.types |= event.Types(e.Type)
	b.add(e, s.ngrams)
}
