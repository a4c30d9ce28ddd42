// Package indexer keeps the search index and the counters in step with the log.
//
// It counts each appended event into the head segment, and completes a full segment with its
// counters (Indexer.Count); the next append, or retention before it, saves that. At a start
// it reads the saved segments, the newest ones first, and counts the events that no saved
// segment has (Load). It rebuilds segments that the file lacks or can't read (Rebuild), and
// removes those whose events retention removes (RemoveThrough).
//
// It promises that an event is in the index and in the counters as soon as it is visible in
// the log, and that a rebuilt segment has no event that was erased meanwhile.
//
// It refuses to know the formats: segment and counters do.
package indexer
