// Package cameras has the handlers of the pages about cameras: the list, and a page
// for each with its settings.
//
// It promises that a camera outside the principal's camera scope looks as if there
// were none, as do its site and its group.
//
// It doesn't authorize requests: package web does, in the table of routes. Package
// internal/cameras judges the cameras and saves their settings.
package cameras
