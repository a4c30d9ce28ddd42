// Package alert owns the types of alerts that are worked on in groups: the cause that
// alerts have in common, the groups of open alerts by cause, their acknowledgement, and
// what people did with them.
//
// The store keeps them, the API and the pages show them. It refuses I/O. Which events
// are alerts says package event.
package alert
