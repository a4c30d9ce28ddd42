// Package counters counts the events of a log when they arrive: by minute for a
// day, by hour for as long as events are kept, each by type and camera. It also
// knows when each camera was last seen and how long it usually pauses, and when
// Postern was down.
//
// # Promises
//
//   - Charts and totals read no event.
//   - A minute of downtime is unknown, and never zero. A minute of which events
//     were removed and not counted is a lower bound ("at least").
//   - Counts outlive a restart. After a crash they are counted again from the
//     events, and minutes of which events are removed are lower bounds.
//
// # What it refuses
//
// It neither appends nor removes events, and opens no database: the store calls
// Count with each committed event, and Load and Unload with the counters of whole
// segments. It has no opinion on which pause is too long; package cameras has.
//
// # Words
//
// A counter is the number of events of one type from one camera in a bucket,
// which is a minute or an hour. Downtime is a time in which Postern wasn't
// running. (Numbers without an event are a sequence gap, and not the counters'
// matter.)
//
// # File format
//
// A segment row of the search index has two blobs, hours and minutes, so that
// minutes can be skipped when they are older than a day. A row of table counts
// has the same blobs for events that are in no segment row: "head" for the head
// segment's events up to a sequence number, "removed" for the last day's minutes
// of removed segments. All numbers are unsigned varints.
//
// hours:
//
//	count of cameras, then for each
//	    length of its name, and the name
//	    sequence number of its newest event, minus the segment's first
//	    when that event arrived, Unix microseconds
//	    that event's type
//	buckets of hours
//
// minutes:
//
//	buckets of minutes
//
// Buckets:
//
//	count of buckets, then for each
//	    its Unix hour or minute, minus that of the bucket before (the first from 0)
//	    count of counters, then for each
//	        the camera's place among the names, from 1; 0 for none
//	        the event type
//	        the number of events
package counters
