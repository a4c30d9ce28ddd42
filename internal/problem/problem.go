package problem

import (
	"errors"
	"fmt"
	"time"
)

// Error is an error that a client may read as it is.
type Error struct {
	// Code is the kind of the error.
	Code Code
	// Detail is one or more whole sentences: what is wrong, and what to do.
	Detail string
	// Fields are the invalid fields of the request, if the error is about some.
	Fields []Field
	// RetryAfter is how long to wait before a retry; zero where waiting doesn't
	// help.
	RetryAfter time.Duration
	// Cause is an error for the log and for errors.Is. A client doesn't see it.
	Cause error
}

// Field says what is wrong with one field of a request, and where.
type Field struct {
	// Index is the event's index in the request, from 0; nil where the request
	// has no events.
	Index *int `json:"index,omitzero"`
	// Line is the line of the body, from 1; zero where it isn't known.
	Line int `json:"line,omitzero"`
	// Field is the field's path, such as data.label; empty for an error that
	// isn't about a field.
	Field string `json:"field,omitzero"`
	// Message is a whole sentence.
	Message string `json:"message"`
}

// New returns an error with the given code and detail.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// InvalidField returns an error about one field. The message is a whole
// sentence; the detail repeats it after the field's name.
func InvalidField(field, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Detail: field + ": " + message, Fields: []Field{{Field: field, Message: message}}}
}

// Of returns the first Error in err's chain, or nil.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Error returns the cause's text where there is a cause, else the detail.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Cause.Error()
	}
	return e.Detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether the target is e's code, so that errors.Is(err, NotFound)
// holds for every error of that code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}
