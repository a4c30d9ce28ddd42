// Package segment is the search index of the log: it tells a search which
// segments and which of their events may match, so that few events are read.
//
// A segment is 8,192 sequence numbers. The head segment, which new events go
// into, is in memory. A full segment is written to the database with the next
// commit; its summary stays in memory too. Everything here can be made again
// from the events.
//
// # Promises
//
//   - No event that matches is left out. An event that doesn't match may be a
//     candidate, so that the caller compares each one that it reads.
//   - A damaged, missing or older row costs time and no result: the segment is
//     scanned until it is rebuilt.
//   - After the commit of a Redact, no text of the events is in the index, on
//     disk or in memory.
//
// # What it refuses
//
// It reads no events and opens no database. Rebuilding, retention and erasure
// hand events and transactions in. It doesn't know what the counters' blobs
// mean that share a segment's row.
//
// # How a search goes
//
//	Compile      folds the filter's names and text once
//	Prune        skips a segment by its summary: times, types, n-gram filter
//	Candidates   finds the terms that contain the text, and unites their
//	             postings lists
//
// # File format
//
// Two tables of the SQLite database have the index. Numbers within blobs are
// unsigned varints (LEB128, as encoding/binary's Uvarint) unless a size is
// given; numbers of a given size are little-endian. Segment n has the sequence
// numbers n*8192+1 to (n+1)*8192. An event's position is its sequence number
// minus n*8192+1.
//
// A folded text is a text after event.Fold: without case, width and combining
// marks. It may be empty, and is always valid UTF-8.
//
// # Segment rows
//
// Table stretches has one row for each full segment:
//
//	n        the segment's number
//	at_min   the oldest of the events' own times, Unix microseconds
//	at_max   the newest one
//	types    bit t is set if an event has type t
//	words    the n-gram filter, 8,192 bytes; empty in a row of an older version
//	hours    counters (package counters)
//	minutes  counters
//	sum      checksum of the row; NULL in a row of an older version
//
// The n-gram filter has 65,536 bits; bit i is bit i%8 of byte i/8. It covers
// every term of the segment and every text that is too long for a term, but not
// the ids of block 2. For each run of three bytes of a folded text, with g the run as a big-endian
// number, bit
//
//	uint32(g * 2654435761) >> 17
//
// is set. For each run of five bytes, bit
//
//	32768 | uint64(g * 0x9e3779b97f4a7c15) >> 49
//
// is set. Products are taken modulo 2^32 and 2^64.
//
// # Block rows
//
// Table indexes has three rows for each full segment, numbered 3*n+k:
//
//	n        3*n + k
//	content  block k of segment n
//	sum      checksum of the row; NULL where the block is overwritten
//
// Block 0, names:
//
//	8192 bytes  each event's type, by position; 0 for a missing event
//	rest        the dictionary of names: cameras, sources, sites, producers'
//	            ids, and ids that aren't in block 2
//
// Block 1, texts:
//
//	4096 bytes  padding, zeros
//	rest        the dictionary of the strings in the first level of events'
//	            data, and of an identity_id that is a number
//
// Block 2, ids:
//
//	131072 bytes  16 bytes for each position: the UUID of an id "evt_" + UUID,
//	              or zeros for another id. Empty if no id is such.
//
// SQLite overwrites a row in place if it keeps its length. Therefore a redacted
// dictionary is padded with zeros to its former length, and the blocks of a
// segment that has lost its first events are overwritten with zeros. A first
// byte of zero in place of a dictionary's version says that. The padding of
// block 1 keeps texts out of the part of a row that SQLite may copy when it
// moves neighbouring rows; the rest lies on overflow pages.
//
// # Dictionaries
//
// A term dictionary maps terms, which are folded texts of 1 to 256 bytes, to
// the events that have them:
//
//	1 byte    version: 1
//	varint    u, the number of unique terms: those of one event
//	2*u bytes the position of each unique term's event
//	varint    the length of the unique terms in bytes
//	bytes     the unique terms
//	varint    s, the number of shared terms
//	s lists   the postings list of each shared term: its length in bytes as a
//	          varint, then for each event, in order, the distance of its
//	          position from the one before as a varint, the first from 0
//	varint    the length of the shared terms in bytes
//	bytes     the shared terms
//	zeros     up to the block's end
//
// The terms of both lists are separated by the byte 0xff, which also stands
// before the first and after the last one. Term i belongs to position or
// postings list i.
//
// The first shared term is empty. Its events may have any text: one that is
// longer than 256 bytes, that exceeds an event's 32 terms or 512 KiB of terms in
// the dictionary, or that has combining marks only.
//
// # Checksums
//
// sum is the CRC-32C (Castagnoli) of the row. For a segment row: n, at_min,
// at_max and types as 8 bytes each, then words, hours and minutes, each with its
// length as 8 bytes before it. For a block row: n as 8 bytes, the length of
// content as 8 bytes, and content.
package segment
