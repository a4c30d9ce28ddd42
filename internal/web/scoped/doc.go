// Package scoped reads and changes what the principal of a request may see:
// events, alerts, cameras and the data about an identity. The API's handlers and
// the pages' handlers both use it.
//
// It promises that an event or a camera outside the principal's camera scope
// looks as if there were none, and that a search for a person has an audit entry
// before its result is read.
//
// It doesn't check permissions: package web does before it calls a handler. It
// reads no parameters and writes no responses.
package scoped
