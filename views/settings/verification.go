package settings

import (
	"time"

	"postern/views/ui"
)

// Verification is what postern verify has found.
type Verification struct {
	Ended time.Time
	// Events were read, Unsummed of them have no checksum.
	Events, Unsummed int64
	// Unreadable are events that can't be read, Numbers the first of them, and
	// Blocks the parts of the indexes that are wrong.
	Unreadable int64
	Numbers    []int64
	Blocks     int64
}

// summary says what was found.
func (v *Verification) summary() string {
	words := ui.Counted(v.Events, "event", "events") + " read, no damage found"
	if v.Unreadable > 0 {
		words = ui.Counted(v.Unreadable, "event", "events") + " of " + ui.Count(v.Events) + " can't be read"
	}
	if v.Blocks > 0 {
		words += ", " + ui.Counted(v.Blocks, "damaged block in the index", "damaged blocks in the index")
	}
	if v.Unsummed > 0 {
		words += ", " + ui.Count(v.Unsummed) + " without a checksum"
	}
	return words
}
