package alert

import (
	"cmp"
	"fmt"
	"time"

	"postern/internal/event"
)

// CauseID stands for a cause: 64 bits of a keyed hash. Zero stands for none.
type CauseID int64

// String returns the id as the API writes it: 16 hexadecimal digits.
func (id CauseID) String() string { return fmt.Sprintf("%016x", uint64(id)) }

// ParseCauseID is the inverse of CauseID.String.
func ParseCauseID(s string) (id CauseID, ok bool) {
	var n uint64
	if len(s) != 16 {
		return 0, false
	}
	if _, err := fmt.Sscanf(s, "%016x", &n); err != nil || CauseID(n).String() != s {
		return 0, false
	}
	return CauseID(n), n != 0
}

// Group is the open alerts of one cause.
type Group struct {
	ID    CauseID
	Type  event.Type
	Count int64
	// Cameras is how many cameras the alerts are from. Camera is the one where it is
	// one, and empty otherwise.
	Cameras int64
	Camera  string
	// First and Last are the sequence numbers of the oldest and the newest alert.
	First, Last int64
	// Since is when the oldest alert arrived.
	Since time.Time
	// Newest is the newest alert. It is nil while the event can't be read.
	Newest *event.Event
	// Assignee takes care of the alerts since Assigned; empty for nobody.
	Assignee string
	Assigned time.Time
}

// Place is a group's place in the order of groups. The zero Place is before all groups.
type Place struct {
	// Severity is the type's: less is more severe.
	Severity int
	// Last is the sequence number of the newest alert.
	Last int64
}

// Place returns the group's place.
func (g *Group) Place() Place { return Place{g.Type.Info().Meaning.Severity(), g.Last} }

// Compare orders places: the most severe group first, then the one with the newest
// alert.
func (p Place) Compare(other Place) int {
	return cmp.Or(cmp.Compare(p.Severity, other.Severity), cmp.Compare(other.Last, p.Last))
}

// Groups are a page of groups.
type Groups struct {
	Groups []Group
	// Total counts the groups of all pages, and Alerts their alerts. AtLeast says that
	// there may be more: no page looks at more than a bounded number of open alerts.
	Total, Alerts int64
	AtLeast       bool
	// More says that further groups follow this page.
	More bool
}
