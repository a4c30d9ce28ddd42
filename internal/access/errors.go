package access

import (
	"errors"
	"fmt"
	"time"

	"postern/internal/event"
)

// Kinds of refusals, for errors.Is. What a field has wrong is an
// event.InvalidError.
var (
	// ErrUnauthenticated says that it isn't known who asks (401).
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden says that who asks may not (403).
	ErrForbidden = errors.New("not allowed")
	// ErrNotFound says that there is no such account, key or session (404).
	ErrNotFound = errors.New("not found")
	// ErrConflict says that it can't be done as things are: a name is taken,
	// or it is the last administrator (409).
	ErrConflict = errors.New("in conflict")
	// ErrTooMany says that it was tried, or done, too often (429).
	ErrTooMany = errors.New("too many tries")
	// ErrBusy says that too many passwords are being checked (503).
	ErrBusy = errors.New("busy")
)

// Refusal is an error that a person may read as it is.
type Refusal struct {
	kind   error
	detail string
	// RetryAfter is how long to wait before another try; zero where waiting
	// doesn't help.
	RetryAfter time.Duration
}

// Error returns a sentence that says what to do.
func (r *Refusal) Error() string { return r.detail }

// Unwrap returns one of the kinds above.
func (r *Refusal) Unwrap() error { return r.kind }

func refuse(kind error, format string, args ...any) *Refusal {
	return &Refusal{kind: kind, detail: fmt.Sprintf(format, args...)}
}

// invalid is an error about one field.
func invalid(field, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return &event.InvalidError{Detail: field + ": " + message + ".", Fields: []event.FieldError{{Field: field, Message: message}}}
}
