// Package fullsize fills a data folder with what a large site has after a week, for
// tests that measure pages: cameras, webhooks with their attempts, open alerts, events.
//
// It owns how large that is, and what the data look like. It promises that two
// folders of one size have the same events, at times relative to now. It appends and
// settles through the store, as the service does, and refuses to write past it.
package fullsize
