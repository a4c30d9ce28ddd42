// Package event owns the Event: its ten types, its ids, the rules that make
// one valid, its JSON form, and the filters that pick events out of a stream.
//
// It promises that an Event which passed Decode can be stored, shown and
// delivered without another check, and that its JSON is the same bytes
// wherever it appears: in the API, in a webhook's body, on a page.
//
// It refuses I/O: nothing here reads a file, a socket or a clock.
package event
