// Package live keeps open pages up to date: it renders fragments of HTML and
// sends them to browsers through websockets.
//
// There is one feed for each distinct view (a Key): a fragment is rendered once
// for all pages that show the same. A feed follows the log through a live
// subscription and never makes a publisher wait. A slow browser never makes
// other browsers wait: its queue is bounded, and it is told how many events it
// missed. The pacer shows single events at once, and of a flood the newest,
// with a count of the rest. Alerts come before ordinary events.
//
// A heartbeat every two seconds says that the page is current. A page without
// one says that it is out of date. After an erasure, a page either replaces the
// erased events or loads again.
//
// The package doesn't decide who may see which events: package web puts the
// camera scope into the Key.
package live
