// Package web is Postern over HTTP: the JSON API, the pages, the static files and
// the routes of the live pages and streams, on Fiber. Fiber stays inside this
// package and its sub-packages:
//
//	api      the handlers of the JSON API
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
// The package itself has the server, its middleware and its routes. The handlers
// of api and pages decode, call, render and return the error; both call the same
// functions of scoped, hub and webhook.
//
// It refuses rules that a test would want without HTTP.
package web
