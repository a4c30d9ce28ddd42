package delivery

import "time"

// UnsentCause is why an event that was for an endpoint wasn't sent, as the store has it.
type UnsentCause uint8

// The causes. Their numbers are stored and never change.
const (
	UnsentStorm   UnsentCause = 1 // storm control held it back
	UnsentSkipped UnsentCause = 2 // a person resumed the endpoint from now on
	UnsentExpired UnsentCause = 3 // retention removed it before it was delivered
)

// Unsent is the record that an event wasn't sent.
type Unsent struct {
	Cause UnsentCause
	// At is when that was decided.
	At time.Time
	// Range says that the record is of all events of a range of the log, whether they
	// were for the endpoint or not.
	Range bool
}
