package views

import "time"

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

// said says what was found.
func (v *Verification) said() string {
	words := Counted(v.Events, "event", "events") + " read, all whole"
	if v.Unreadable > 0 {
		words = Counted(v.Unreadable, "event", "events") + " of " + Count(v.Events) + " can't be read"
	}
	if v.Blocks > 0 {
		words += ", " + Counted(v.Blocks, "part of the index", "parts of the index") + " wrong"
	}
	if v.Unsummed > 0 {
		words += ", " + Count(v.Unsummed) + " without a checksum"
	}
	return words
}
