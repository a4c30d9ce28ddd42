// Package problem owns the one type of error that a client of Postern reads:
// a code, a detail, the invalid fields and how long to wait before a retry.
//
// Every package below internal/web returns it for errors that are the client's
// to solve or to wait out. Package web maps the codes to HTTP statuses in one
// table; nothing reads an error's text.
//
// # Errors without variable parts
//
// Declare them as variables, so that errors.Is finds them:
//
//	// ErrNoHold says that no legal hold has the id.
//	var ErrNoHold = problem.New(problem.NotFound, "There is no hold with this id. It may have been released.")
//
// Where the log needs other words than the client, give a cause:
//
//	var ErrFull = &problem.Error{
//		Code:       problem.Unavailable,
//		Detail:     "The disk is full; nothing of the request was kept. Send it again once there is room.",
//		RetryAfter: 10 * time.Second,
//		Cause:      errors.New("the disk is full"),
//	}
//
// # Errors with variable parts
//
// Make them where they occur:
//
//	return problem.New(problem.Conflict, "There are %d holds already. Release one first.", MaxHolds)
//	return problem.InvalidField("limit", "The limit must be a whole number from 1 to %d.", maxLimit)
//
// # Reading an error
//
// Wrap as usual. A caller compares with a variable or a code:
//
//	errors.Is(err, database.ErrFull)
//	errors.Is(err, problem.NotFound)
//	p := problem.Of(err) // the *Error in the chain, or nil
//
// Every message is a whole sentence that says what is wrong and what to do. It
// holds no secret and no internal detail: a client reads it.
package problem
