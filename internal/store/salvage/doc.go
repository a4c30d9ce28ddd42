// Package salvage makes a new store from what can be read of a damaged file. It goes by
// the file's pages (internal/sqlitefile), not by SQLite, which stops at the first
// broken page. It promises never to make up an event: each one is as its checksum says.
// It changes nothing in the damaged file, and its Report names what is lost.
package salvage
