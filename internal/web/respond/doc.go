// Package respond writes responses: JSON, pages, problems and exports.
//
// It has the one table of error codes and HTTP statuses (problem.go). Large
// responses count against a memory budget until the client has read them
// (bound.go). Responses with several events use the events' own JSON and don't
// copy it.
package respond
