package delivery

import "time"

// TestResult is the outcome of sending a test event.
type TestResult struct {
	EventID string
	Attempt Attempt // its Seq is zero: a test event isn't in the log
	// Address is the address that was dialled, TLS the agreed version, such as
	// "TLS 1.3". Each is empty if the request didn't get that far.
	Address string
	TLS     string
	// DNS, Connect, Handshake and FirstByte are how long each step took. Each is
	// zero if the request didn't get that far.
	DNS, Connect, Handshake, FirstByte time.Duration
	// Head is the beginning of the response's body, whatever its status.
	Head string
}
