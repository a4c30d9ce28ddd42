package settings

import (
	"time"

	"postern/views/ui"
)

// Verification is the result of "postern verify".
type Verification struct {
	Ended time.Time
	// Events counts the events that were read, Unsummed those of them without a
	// checksum.
	Events, Unsummed int64
	// Unreadable counts events that can't be read, Numbers are the first of their
	// sequence numbers, and Blocks counts damaged blocks of the index.
	Unreadable int64
	Numbers    []int64
	Blocks     int64
}

// summary describes the result.
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
