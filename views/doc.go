// Package views owns the dashboard's HTML: every page, and the fragments that
// arrive live, as templ components.
//
// It promises that a component renders the same bytes for the same props, so
// that a fragment can be rendered once and sent to every browser that watches;
// and that whatever stands in an event is treated as data: escaped, isolated
// from the direction of the text around it, and cut to a length that a page
// can bear.
//
// It refuses I/O and clocks: "now" is a prop. Times are rendered in UTC with
// the zone named, and assets/app.js turns them into the reader's own.
package views
