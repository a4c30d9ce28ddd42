// Package events has the pages about events: the list with its filters, the page of
// one event with its deliveries, the page that asks for a name before an alert is
// acknowledged, and the page that erases an identity.
//
// It promises that a filter is always in the address, so that a page can be sent to
// a colleague, and that a relative time ("the last hour") stays relative there.
package events
