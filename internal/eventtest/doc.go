// Package eventtest makes the events of tests, and the clock that they set.
//
// It owns what most tests mean by "an event": sealed, valid, with an id of its
// own. It imports event alone, so that tests of every package above event can
// use it.
package eventtest
