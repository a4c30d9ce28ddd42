// Package eventlist shows events as rows: the sentence that says what happened, the
// badges that say where the event was delivered, and the acknowledgement of an
// alert. The events page, the overview, the monitor and the preview of a webhook's
// filters use the same row, and so do the fragments that arrive live.
//
// It promises that an event's text stays data: the text that a producer sent is escaped,
// isolated and cut.
package eventlist
