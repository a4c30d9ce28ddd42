package respond

import (
	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/views/eventlist"
)

// acknowledgedJSON is an acknowledgement. For an alert that recovery closed, it
// has the id of the announcement too.
type acknowledgedJSON struct {
	By         string `json:"by"`
	At         string `json:"at"`
	ResolvedBy string `json:"resolved_by,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Alert is an alert with its acknowledgement: null while it is open.
type Alert struct {
	Event        jsontext.Value    `json:"event"`
	Acknowledged *acknowledgedJSON `json:"acknowledged"`
}

// NewAlert returns an alert as the API shows it.
func NewAlert(a eventlist.Alert) Alert {
	out := Alert{Event: a.Event.JSON()}
	if !a.Open() {
		out.Acknowledged = &acknowledgedJSON{a.By, event.FormatTime(a.At), a.Resolver, a.Note}
	}
	return out
}

// AcknowledgedThrough is the number of alerts that were open; a minimum unless exact.
type AcknowledgedThrough struct {
	Acknowledged int64 `json:"acknowledged"`
	Exact        bool  `json:"exact"`
}
