// Package request reads requests: the query, the body, times, the time zone, the
// principal and its camera scope, and what trusted proxies say about the client's
// address and the URL's origin.
//
// It promises that a value it returns is valid, and that its errors are
// problem.Error with the name of the parameter or field. It refuses unknown
// parameters and fields, since a mistyped filter would return all events.
//
// It doesn't authenticate: package web sets the principal.
package request
