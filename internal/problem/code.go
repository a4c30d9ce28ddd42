package problem

// Code is the kind of an error. It is an error itself, for errors.Is alone:
// return an Error.
type Code uint8

// The codes. Package web has the table of their HTTP statuses.
const (
	// Invalid: the request, or a field of it, isn't valid. It is the zero value.
	Invalid Code = iota
	// TooLarge: the request is larger than allowed.
	TooLarge
	// Unsupported: the request's encoding or content type isn't supported.
	Unsupported
	// Unauthenticated: the principal isn't known.
	Unauthenticated
	// Forbidden: the principal lacks the permission.
	Forbidden
	// NotFound: the thing doesn't exist, or retention has removed it.
	NotFound
	// Conflict: the present state doesn't allow it.
	Conflict
	// Unprocessable: the request is valid, but contradicts an earlier one.
	Unprocessable
	// TooMany: a limit of this principal or address is reached.
	TooMany
	// Unavailable: Postern can't do it at the moment.
	Unavailable
	// Internal: Postern failed; its log has the cause.
	Internal
)

var names = [...]string{
	Invalid: "invalid", TooLarge: "too large", Unsupported: "unsupported", Unauthenticated: "unauthenticated", Forbidden: "forbidden",
	NotFound: "not found", Conflict: "conflict", Unprocessable: "unprocessable", TooMany: "too many", Unavailable: "unavailable",
	Internal: "internal",
}

// Error returns the code's name.
func (c Code) Error() string { return names[c] }
