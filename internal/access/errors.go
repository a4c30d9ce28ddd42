package access

import (
	"postern/internal/problem"
)

// Codes of refusals, for errors.Is.
const (
	ErrUnauthenticated = problem.Unauthenticated
	ErrForbidden       = problem.Forbidden
	ErrNotFound        = problem.NotFound
	ErrConflict        = problem.Conflict
	ErrTooMany         = problem.TooMany
	ErrBusy            = problem.Unavailable
)

// Refusal is an error that a person may read as it is.
type Refusal = problem.Error

func refuse(code problem.Code, format string, args ...any) *Refusal {
	return problem.New(code, format, args...)
}

// invalid is an error about one field. The message is a whole sentence.
func invalid(field, format string, args ...any) error {
	return problem.InvalidField(field, format, args...)
}
