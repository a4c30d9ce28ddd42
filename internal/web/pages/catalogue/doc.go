// Package catalogue has the handlers of the page of event types, and of the button
// that sends a sample of one.
//
// It promises that a sample is an ordinary event in the log that is marked as a
// sample. The permission to send events is needed for it.
package catalogue
