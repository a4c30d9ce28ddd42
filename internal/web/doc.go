// Package web is Postern on HTTP: the JSON API, the pages, the live socket,
// the streams for programs and the static files, on Fiber.
//
// It promises that every refusal is problem+json (RFC 9457), or a page where
// a person asked, that says what to do; that one map (errors.go) turns errors
// into statuses; and that routes.go holds the whole URL table.
//
// Handlers decode, call, render and return the error. The API and the pages
// call the same functions of hub and webhook.
//
// It refuses rules that a test would want without HTTP.
package web
