// Package hub is the event hub of the process. All its parts share one Hub.
//
// It owns publishing and reading. Publish gathers concurrent callers into one
// group commit, puts the committed events into a ring in memory, and wakes the
// readers. A Subscription reads the log from any sequence number by a cursor of
// its own; Search and Get read history.
//
// It promises:
//   - Publish returns after the events are durable, or with an error and no
//     event stored.
//   - Every reader gets events in the order of their sequence numbers, and none
//     before it is durable.
//   - A publisher never waits for a reader. After a ring miss a Durable
//     subscription reads on from the log, and a Live one skips events and
//     returns their number.
//
// A subscriber must Close its Subscription, and must not change an event, because
// all readers share it.
//
// It refuses HTTP and SQL. The log below it is the Log interface, which knows
// neither.
package hub
