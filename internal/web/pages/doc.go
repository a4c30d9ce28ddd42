// Package pages has the handlers of the pages and of their forms. A handler reads
// the request, calls a service, and renders a view.
//
// It promises that a form ends with a redirect, and that a refused form is shown
// again with its values and a message at each wrong field. The handlers of a noun
// with several pages have a room of their own, such as pages/webhooks; package page
// has what the rooms share.
//
// It doesn't authorize requests and doesn't write the audit entries of changes:
// package web does both, in the table of routes. Markup is in views.
package pages
