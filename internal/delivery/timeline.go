package delivery

import "time"

// Phase is a step of an attempt.
type Phase uint8

// The phases, in the order in which an attempt goes through them. An attempt on a
// kept connection begins with PhaseRequest.
const (
	PhaseDNS      Phase = iota // the host's name is looked up
	PhaseConnect               // a connection is opened
	PhaseTLS                   // the TLS handshake; through a proxy, CONNECT too
	PhaseRequest               // the request is written
	PhaseWait                  // until the first byte of the answer
	PhaseResponse              // the answer is read
	PhaseCount                 // how many there are
)

var phaseNames = [PhaseCount]string{
	PhaseDNS: "dns", PhaseConnect: "connect", PhaseTLS: "tls", PhaseRequest: "request", PhaseWait: "wait", PhaseResponse: "response",
}

// String returns the phase's name in the API.
func (p Phase) String() string { return phaseNames[min(p, PhaseCount-1)] }

// PhaseTime is when a phase began and ended, since the attempt began. It is zero for
// a phase that the attempt didn't need or didn't reach.
type PhaseTime struct{ From, To time.Duration }

// Reached reports whether the attempt reached the phase.
func (t PhaseTime) Reached() bool { return t.To > 0 }

// Took returns how long the phase took.
func (t PhaseTime) Took() time.Duration { return t.To - t.From }

// Timeline is what is stored of an attempt beyond its outcome: its phases, its
// connection, and the headers of the answer. Failed and slow attempts have one.
type Timeline struct {
	Phases [PhaseCount]PhaseTime // by phase, to the microsecond
	// Address is the address that was connected to, TLS the agreed version, such as
	// "TLS 1.3". Each is empty if the attempt didn't get that far. Reused says that
	// the connection had carried another request before.
	Address, TLS string
	Reused       bool
	// CommitTook is the time from the event's arrival to its commit; zero where it
	// isn't known any more.
	CommitTook time.Duration
	// Signed is a check of the signatures that were sent: it tells whether signatures
	// that are made again are the same. Zero for an unsigned request.
	Signed uint32
	// Headers are the answer's headers, sorted by name, without secrets and bounded;
	// HeadersLeftOut is how many more there were.
	Headers        []Header
	HeadersLeftOut int
}

// Header is a header of an answer.
type Header struct{ Name, Value string }

// Last returns the last phase that the attempt reached; ok is false if it reached
// none. It is where an attempt without an answer failed.
func (t *Timeline) Last() (p Phase, ok bool) {
	for p := PhaseCount; p > 0; p-- {
		if t.Phases[p-1].Reached() {
			return p - 1, true
		}
	}
	return 0, false
}

// FailedIn returns the phase in which the attempt failed; ok is false for an attempt
// that succeeded, was refused by its status, or has no record of its phases.
func (a *Attempt) FailedIn() (p Phase, ok bool) {
	if a.Timeline == nil || a.Class == ClassNone || a.Class == ClassStatus {
		return 0, false
	}
	return a.Timeline.Last()
}
