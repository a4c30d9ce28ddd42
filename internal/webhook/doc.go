// Package webhook is the registry of endpoints and their deliveries. It registers,
// changes and pauses endpoints, rotates secrets, resends and replays events, derives
// the state of each delivery, and announces changes of state. Its rooms do the work:
//
//	webhook/worker   one delivery worker an endpoint: queue, retries, limits
//	webhook/send     one HTTP request: payload, signatures, response
//	webhook/egress   which URLs may be called
//	webhook/stats    attempts by the hour
//
// It promises that every event which matches an endpoint is delivered to it at
// least once or stays visible as exhausted, across restarts and kill -9; and that
// an endpoint that is slow, hanging or dead delays no other.
//
// It refuses to know how requests reach Postern: no Fiber, no pages.
package webhook
