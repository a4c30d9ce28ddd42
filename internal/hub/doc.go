// Package hub is the one event hub that everything in the process shares.
//
// It owns publishing and reading: Publish gathers concurrent callers into one
// durable append, puts what was committed into a ring in memory, and wakes
// the readers. A Subscription reads the log from any place by a cursor of its
// own; Search and Get read its history.
//
// It promises:
//   - Publish returns after the events are durable, or with an error and
//     nothing kept.
//   - Every reader sees events in one order, that of their sequence numbers,
//     and sees none before it is durable.
//   - A publisher never waits for a reader. A Durable reader that falls out
//     of the ring reads on from the log; a Live one is told how many it
//     missed.
//
// What a subscriber owes: to Close its Subscription, and to change nothing in
// the events, which all readers share.
//
// It refuses HTTP and SQL. The log beneath it is the Log interface, which
// knows of neither.
package hub
