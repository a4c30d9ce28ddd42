// Package send sends one event to one endpoint: the HTTP request, its signatures
// and payload, the client and its connections, the class of an error, Retry-After,
// and the text of a response.
//
// It promises that every attempt ends within its timeout, as delivered or with a
// sentence that says why not; that this sentence names no secret and no payload;
// and that a request which failed only because the receiver had closed an idle
// connection is repeated at once on a new one.
//
// It follows no redirects, connects only where the egress guard allows, and knows
// no queue, retry or state.
package send
