// Package eventrow reads and writes the rows of the tables events and held_events.
//
// It owns the encoding of an event's columns: the id, the checksum that each row
// has (checksum.go), and the tombstone in the place of erased data (tombstone.go). It
// promises that Scan tells a row that was changed on the disk from one that is as it
// was written. It knows no query and no transaction: its callers have those.
package eventrow
