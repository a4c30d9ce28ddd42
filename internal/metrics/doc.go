// Package metrics counts, and writes what was counted in the text format of
// Prometheus. It builds on Prometheus' own client: its histograms count, and its
// encoder writes.
//
// It owns the Histogram, the RateCounter of the last minute, and the Text of one
// answer of /metrics. It promises that an observation of a histogram neither waits
// nor allocates, and that a Text has its metrics in the order in which they were
// added. It knows no metric by name: each room names those that it counts, and
// docs/metrics.md lists them all.
//
// There is no registry. Most figures are read from the service at the moment of
// the answer: the state of each webhook, the size of the store. Collectors would
// have to declare each of them a second time, and a registry sorts metrics by name
// rather than by subject.
//
// The percentiles of deliveries by the hour (webhook/stats) don't use this
// histogram: they are stored with each webhook in a few bytes, and added up over
// hours.
package metrics
