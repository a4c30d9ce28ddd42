// Package pages has the handlers of the pages and of their forms. A handler reads
// the request, calls a service, and renders a view.
//
// It promises that a form ends with a redirect, and that the page to which it
// redirects shows the result once; that a refused form is shown again with its
// values and a message at each wrong field; and that no redirect leads to another
// site.
//
// It doesn't authorize requests and doesn't write the audit entries of changes:
// package web does both, in the table of routes. Markup is in views.
package pages
