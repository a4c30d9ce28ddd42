// Package alerts stores which alerts are open, what people did with alerts, and who
// takes care of them.
//
// An alert is an event of urgent meaning. It is open until a person acknowledges it
// or an announcement of Postern's resolves it. Each open alert has a row with its
// cause, so that alerts are counted and grouped without reading events. A cause is
// stored as a keyed hash, since it may name a person.
//
// It promises that a change is on disk when its method returns, that the first
// acknowledgement of an alert counts, and that no list or count looks at more than
// Span open alerts. It refuses to decide which events are alerts (event.IsAlert does)
// and who may see them: callers give it the cameras in scope.
package alerts
