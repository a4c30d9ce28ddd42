// Package silences has the pages about silences: the list, the form that makes one, and
// the notice that names the active ones on other pages.
package silences
