package delivery

// OnRejected says how an ordered webhook handles an event that its receiver
// refuses.
type OnRejected string

const (
	// RejectBlock queues the events behind it until the receiver accepts it, or
	// a person sets it aside.
	RejectBlock OnRejected = "block"
	// RejectSetAside exhausts it once the receiver has accepted a later event.
	RejectSetAside OnRejected = "set_aside"
)

// Payload is the part of an event that an endpoint is sent.
type Payload string

// The payloads.
const (
	// PayloadFull is the event as it is.
	PayloadFull Payload = "full"
	// PayloadPseudonymous has a keyed hash in place of each identity_id and
	// label in data, at any depth.
	PayloadPseudonymous Payload = "pseudonymous"
	// PayloadThin has no data, but a link to the event. The receiver needs an API
	// key to read it.
	PayloadThin Payload = "thin"
)
