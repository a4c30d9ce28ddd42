// Package web is Postern over HTTP: the JSON API, the pages, the static files and
// the routes of the live pages and streams, on Fiber. Fiber stays inside this
// package and its sub-packages:
//
//	pages    the handlers of the pages and their forms
//	scoped   reads and changes within the principal's camera scope
//	audit    the audit entries of requests
//	request  reads the query, the body, times, the principal, what proxies forward
//	respond  writes JSON, pages, problems and exports; has the table of statuses
//	session  the cookie of a browser's session
//	openapi  the description of the API
//	live     the pages' sockets
//	stream   the programs' streams
//
// It promises that every error response is problem+json (RFC 9457), or a page for
// a browser, and says what to do; that routes.go has the whole URL table, with the
// permission and the audit action of each route; and that no change is made
// without an audit entry.
//
// Handlers decode, call, render and return the error: api_*.go for the API,
// page_*.go for the pages, one file a noun. Both call the same functions of hub
// and webhook. The package has more than 25 files because these handlers share
// one server: its services, its clock, and the reads that apply the camera scope.
//
// It refuses rules that a test would want without HTTP.
package web
