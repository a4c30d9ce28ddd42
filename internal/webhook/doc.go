// Package webhook owns endpoints and their deliveries: what may be
// registered, how a delivery is signed, which addresses may be called, when a
// failure is tried again, and the lanes that do it.
//
// It promises that every event which matches an endpoint is delivered to it
// at least once or stays visible as exhausted, across restarts and kill -9;
// and that an endpoint that is slow, hanging or dead delays no other.
//
// A lane is one endpoint's reader: a cursor over the log, a bounded number of
// requests in flight, and the few deliveries that wait for another try. One
// goroutine owns its state; requests run in goroutines of their own and
// report back to it. It settles outcomes in the store in batches, so that a busy endpoint costs no more commits than a quiet one.
//
// It refuses to know how requests reach Postern: no Fiber, no pages.
package webhook
