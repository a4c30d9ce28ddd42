package endpoint

import (
	"time"

	"postern/internal/delivery"
	"postern/views/ui"
)

// TestResult is the result of a test event.
type TestResult struct {
	delivery.TestResult
	// Secure says that the URL asks for TLS.
	Secure bool
}

// Facts lists the steps of the test's request with their times.
func (t TestResult) Facts() []ui.Fact {
	address := t.Address
	if address == "" {
		address = "None"
	}
	secured := t.TLS
	switch {
	case secured != "":
	case t.Secure:
		secured = "Not negotiated"
	default:
		secured = "None, plain http"
	}
	facts := []ui.Fact{{Name: "Address", Value: address}, {Name: "TLS", Value: secured}}
	steps := []struct {
		name   string
		took   time.Duration
		needed bool
	}{
		{"Name resolved", t.DNS, true}, {"Connected", t.Connect, true}, {"TLS handshake", t.Handshake, t.Secure},
		{"First byte", t.FirstByte, true},
	}
	for i, step := range steps {
		later := false
		for _, next := range steps[i+1:] {
			later = later || next.took > 0
		}
		switch {
		case step.took > 0:
			facts = append(facts, ui.Fact{Name: step.name, Value: "in " + ui.Span(step.took)})
		case !step.needed || later:
			facts = append(facts, ui.Fact{Name: step.name, Value: "Not needed"})
		default:
			facts = append(facts, ui.Fact{Name: step.name, Value: "Not reached"})
		}
	}
	return append(facts, ui.Fact{Name: "Total", Value: ui.Span(t.Attempt.Duration)})
}
