// Package monitor has the page for a wall screen: open alerts, the stream of events,
// the cameras and a few totals.
//
// It promises that a page can stay open for weeks: it bounds rows, alerts and
// tiles, and what is read from afar keeps its place.
package monitor
