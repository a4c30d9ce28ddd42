// Package alerts has the handlers of the inbox, of a group of alerts, and of the forms
// that acknowledge and assign alerts, wherever a page has them.
//
// It promises that a form never takes an alert that the person didn't see: a form that
// acts on many names the newest sequence number of its page.
//
// It doesn't authorize requests: package web does, in the table of routes. Groups and
// acknowledgements are store/alerts', within the camera scope of package scoped.
package alerts
