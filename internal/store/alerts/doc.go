// Package alerts stores the acknowledgements of alerts, and finds the open ones.
//
// An alert is an event of urgent meaning. It is open until a person acknowledges it
// or an announcement of Postern's resolves it. Open alerts are found by walking the
// index by type from the head of the log down to a watermark (acknowledged in table
// meta): below it every alert is closed.
//
// It promises that an acknowledgement is on disk when its method returns, that the
// first one counts, and that no list or count looks at more than a bounded number
// of alerts. It refuses to decide which events are alerts: event.IsAlert does.
package alerts
