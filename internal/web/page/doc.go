// Package page has what the handlers of all pages share: the frame around a page,
// the error page, the message that a form leaves for the next page, the question
// before a dangerous change, and the reading of forms. The handlers of a room embed
// its Shell.
//
// It promises that a page shows the result of a form once, and only to the session
// that sent the form; that no form redirects to another site; and that the frame
// offers only sections that the principal may see.
//
// It knows no single page: handlers are in package pages and its rooms, markup is
// in views.
package page
