package views

import (
	"time"

	"postern/internal/event"
)

// facts are the steps of a trial with their times.
func (t Trial) facts() []Fact {
	address := t.Address
	if address == "" {
		address = "None"
	}
	secured := t.TLS
	switch {
	case secured != "":
	case t.Secure:
		secured = "Not agreed"
	default:
		secured = "None, plain http"
	}
	facts := []Fact{{"Address", address}, {"TLS", secured}}
	steps := []struct {
		name   string
		took   time.Duration
		needed bool
	}{
		{"Name resolved", t.DNS, true}, {"Connected", t.Connect, true}, {"Secured", t.Handshake, t.Secure}, {"First byte", t.FirstByte, true},
	}
	for i, step := range steps {
		later := false
		for _, next := range steps[i+1:] {
			later = later || next.took > 0
		}
		switch {
		case step.took > 0:
			facts = append(facts, Fact{step.name, "in " + Span(step.took)})
		case !step.needed || later:
			facts = append(facts, Fact{step.name, "Not needed"})
		default:
			facts = append(facts, Fact{step.name, "Not reached"})
		}
	}
	return append(facts, Fact{"Total", Span(t.Attempt.Duration)})
}

// testType is the type that stands in the form: the one that was sent last,
// else the first that the webhook gets.
func (p WebhookProps) testType() event.Type {
	if p.TestType.Valid() {
		return p.TestType
	}
	if types := p.Endpoint.Types.Each(); len(types) > 0 && p.Endpoint.Types&event.AllTypes == 0 {
		return types[0]
	}
	return event.FaceMatched
}
