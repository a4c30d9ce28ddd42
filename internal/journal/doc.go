// Package journal owns the data folder: one SQLite file, its schema and
// migrations, the writer that commits in groups, and every query.
//
// It promises that what a method has written is on disk (fsync) when the
// method returns, that sequence numbers have no gaps and are never used
// twice, and that one process at a time has the folder.
//
// One writer at a time holds the connection that writes. Appended events and
// the lanes' settlements share its commits: a settlement waits up to
// settleDelay for an append to ride along with, since either costs an fsync
// and the two together cost one; a large one goes at once. Readers have
// connections of their own and never wait for the writer (WAL).
//
// Webhooks' secrets are encrypted with a key that is not in the file, and what
// is removed is overwritten.
//
// It refuses policy: what a retry is, when an endpoint fails, who may read.
// It knows columns.
package journal
