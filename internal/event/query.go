package event

// Limits of a query's page, in events.
const (
	DefaultPageEvents = 100
	MaxPageEvents     = 1000
)

// Query asks for one page of history.
type Query struct {
	Filter
	// Limit is the page's size in events, 1 to MaxPageEvents.
	Limit int
	// Cursor is the Next of the page before; zero starts at the newest
	// event, or at the oldest where Ascending.
	Cursor int64
	// Ascending asks for the oldest first.
	Ascending bool
}

// DefaultPageBytes is the default bound of a page of history.
const DefaultPageBytes = 32 << 20

// Page is a query's answer. Since a cursor is a place in the log, pages stay
// right while events keep arriving.
type Page struct {
	Events []*Event
	// Next is where the next page goes on; zero when there is none. A page
	// with few events or none may have a Next: the search has gone as far
	// as one page may, and goes on from there.
	Next int64
	// Damaged are the numbers of events that can't be read any more, and may or
	// may not match: they were changed on the disk.
	Damaged []int64

	bytes int64
}

// Add adds an event to the page.
func (p *Page) Add(e *Event) {
	p.Events = append(p.Events, e)
	p.bytes += e.Size()
}

// Full reports whether the page has reached its limit of events or bytes: the
// next event belongs to the next page.
func (p *Page) Full(limit int, bytes int64) bool { return len(p.Events) >= limit || p.bytes >= bytes }

// Last returns the sequence number of the page's last event.
func (p *Page) Last() int64 { return p.Events[len(p.Events)-1].Seq }
