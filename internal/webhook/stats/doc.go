// Package stats counts an endpoint's attempts by the hour, for the last 24 hours:
// delivered, failed, and how long the delivered ones took, in buckets that give
// percentiles to within a fifth.
//
// It promises that what Encode returns is what Decode reads, and that Decode leaves
// out what it can't read. It does no I/O and knows no clock.
package stats
