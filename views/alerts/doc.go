// Package alerts has the pages on which alerts are worked on: the inbox, the page of a
// group, and the history of what people did.
package alerts
