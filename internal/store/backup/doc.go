// Package backup copies a store into one file while a process serves it, and makes a
// data folder from such a copy. It promises that a copy is whole, checked and on disk,
// or not there, and that it never writes over a store. A file that SQLite can't read
// is salvaged. The files of snapshots are copied into a folder beside the copy. It doesn't
// copy the key.
package backup
