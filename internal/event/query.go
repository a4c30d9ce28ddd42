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
	// Cursor is the Next of the page before. Zero starts at the newest event, or
	// with Ascending at the oldest.
	Cursor int64
	// Ascending returns the oldest events first.
	Ascending bool
}

// DefaultPageBytes is the default bound of a page of history.
const DefaultPageBytes = 32 << 20

// Page is the result of a Query. A cursor is a sequence number, so that no event is
// skipped or repeated while new ones arrive.
type Page struct {
	Events []*Event
	// Next is the cursor of the next page; zero on the last page. A page with
	// few events or none may have a Next: the search has reached the cost of one
	// page.
	Next int64
	// Damaged are the sequence numbers of events that can't be read, since they
	// were changed on the disk. Whether they match is unknown.
	Damaged []int64

	bytes int64
}

// Add adds an event to the page.
func (p *Page) Add(e *Event) {
	p.Events = append(p.Events, e)
	p.bytes += e.Size()
}

// Full reports whether the page has reached its limit of events or bytes, so that
// the next event belongs to the next page.
func (p *Page) Full(limit int, bytes int64) bool { return len(p.Events) >= limit || p.bytes >= bytes }

// Last returns the sequence number of the page's last event.
func (p *Page) Last() int64 { return p.Events[len(p.Events)-1].Seq }
