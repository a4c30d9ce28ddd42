package event

import "postern/internal/problem"

// InvalidError and FieldError are the former names of a problem's types.
type (
	InvalidError = problem.Error
	FieldError   = problem.Field
)
