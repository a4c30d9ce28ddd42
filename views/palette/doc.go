// Package palette has the search for a place of the dashboard: the suggestions of
// the palette, and the page that does the same without JavaScript. The palette's
// dialog is in every page: ui.Palette.
//
// It promises that the page and the palette show the same suggestions in the same
// order. It refuses to look anything up: the handlers do.
package palette
