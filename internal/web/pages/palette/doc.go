// Package palette has the handlers of the palette: they suggest the pages, actions,
// webhooks, cameras, events and people that a text means.
//
// It promises that suggestions have only objects that the principal may see: pages
// by their permission, webhooks with the permission to read them, and cameras and
// events within the camera scope. It looks for people only when a person asks for
// them, because each such search has an entry in the audit.
//
// It changes nothing: an action is the form of another page.
package palette
