// Package verify reads everything that has a checksum in a store, and reports what was
// changed on the disk or is missing. It promises to change nothing but the row of the
// newest report. It repairs nothing: the search index is rebuilt by the store, and
// events come back from a backup alone.
package verify
