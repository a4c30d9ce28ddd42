// Package eventlog reads the log of events.
//
// # Owns
//
// The rows of the table events, for reading: by sequence number (read.go), by id, by
// filter and text (search*.go), and by the identity that they are about
// (about_identity.go). The bounds of the log: its first and newest sequence number, the
// low watermark, and the sequence gaps between them (bounds.go). The damaged events that
// reads met (damage.go).
//
// # Promises
//
// A read returns events in the order of their sequence numbers, and at most a page of
// bytes, but at least one event. A page of a search costs a bounded amount, whatever the
// size of the log. No read holds a transaction while its caller works on the events.
//
// A search returns no event that is removed: the log's first number moves before the rows
// go. A read by id, or by sequence numbers that are known already, may still return an
// event of the oldest ones until their removal is committed. A damaged event is never
// returned as if it were whole: a page leaves it out, it is counted, and named in the log
// of the service. EachAbout, for erasures, and OfflineReports don't check for damage.
//
// # Refuses
//
// To write. The store appends, and retention and erasure remove; they move the bounds.
package eventlog
