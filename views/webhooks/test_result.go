package webhooks

import "postern/internal/event"

// testType is the selected type: the one that was sent last, else the first of the
// webhook's types.
func (p Props) testType() event.Type {
	if p.TestType.Valid() {
		return p.TestType
	}
	if types := p.Endpoint.Types.Each(); len(types) > 0 && p.Endpoint.Types&event.AllTypes == 0 {
		return types[0]
	}
	return event.FaceMatched
}

// untested reports whether the test event is the next step: nothing was sent yet, and
// no state asks for another action first.
func (p Props) untested() bool { return p.Endpoint.Last == nil && p.Endpoint.State.Delivering() }
