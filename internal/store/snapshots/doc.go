// Package snapshots keeps the snapshots of events: their files in the data folder, and
// the table that says which event has which file.
//
// # Owns
//
// The folder snapshots and the table snapshots. A file is named by the hash of its
// content, so that events with the same image share one. The format and the size of
// an image are in its event's row.
//
// # Promises
//
// A snapshot is on disk (fsync) with its row when Put or Keep returns, and an event
// gets one once. A file is removed after the commit that removed its last row, and
// overwritten before; a crash in between leaves a file that the next start removes
// (Settle). So no row is without its file, unless the file was damaged: each read
// compares it with its name.
//
// Files are encrypted with the data folder's key (secretbox.Box.EncryptFile): the
// picture of a person tells more than a row of the log, and backups travel.
//
// Snapshots leave room on the disk for events, whose reserve they never touch.
//
// # Refuses
//
// To look into an image, which is internal/snapshot, and to decide which snapshots
// retention or an erasure removes.
package snapshots
