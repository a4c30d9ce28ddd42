// Package catalogue is the page of the event types: what each reports, the usual
// fields of its data, a sample, and a button that sends the sample.
package catalogue
