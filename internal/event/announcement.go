package event

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Kind says what an announcement is about: data.kind of a system_error event
// of Postern's own. The names are part of the API and never change.
type Kind string

// The kinds of announcements.
const (
	WebhookFailing   Kind = "webhook_failing"
	WebhookDisabled  Kind = "webhook_disabled"
	WebhookRecovered Kind = "webhook_recovered"
	WebhookResumed   Kind = "webhook_resumed"
	WebhookPaused    Kind = "webhook_paused"
	WebhookRemoved   Kind = "webhook_removed"
	CameraSilent     Kind = "camera_silent"
	CameraBack       Kind = "camera_back"
	CameraRejudged   Kind = "camera_rejudged"
	AlertEscalated   Kind = "alert_escalated"
)

// KindInfo is a kind's entry in the catalogue.
type KindInfo struct {
	Kind Kind
	// Ends says that announcements of this kind end a state: they carry
	// data.resolves and are no alerts.
	Ends        bool
	Description string
}

var kinds = []KindInfo{
	{WebhookFailing, false, "Deliveries to a webhook keep failing"},
	{WebhookDisabled, false, "A webhook was disabled; nothing is sent to it until a person resumes it"},
	{WebhookRecovered, true, "A failing webhook's receiver answers again"},
	{WebhookResumed, true, "A person resumed a webhook that was failing or disabled"},
	{WebhookPaused, true, "A person paused a webhook that was failing or disabled"},
	{WebhookRemoved, true, "A person removed a webhook that was failing or disabled"},
	{CameraSilent, false, "Cameras fell silent"},
	{CameraBack, true, "Cameras that were silent or offline are heard from again"},
	{CameraRejudged, true, "A person changed for how long silent cameras may be silent, so that they no longer count as silent"},
	{AlertEscalated, false, "Alerts were not acknowledged in time"},
}

// Kinds returns every kind of announcement.
func Kinds() []KindInfo { return slices.Clone(kinds) }

// maxResolves bounds how many ids of data.resolves count.
const maxResolves = 1000

// Announcement is the data of an event that Postern itself publishes: a state
// of Postern or of the site has begun or ended.
type Announcement struct {
	Module  string `json:"module"`
	Code    Kind   `json:"code"` // equals Kind; every system_error has a code
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`
	// Resolves holds the known ids of the events that opened the ended state;
	// nil for an announcement that ends no state.
	Resolves []string `json:"resolves,omitzero"`

	WebhookID string `json:"webhook_id,omitzero"`
	Host      string `json:"host,omitzero"`

	Cameras     []string `json:"cameras,omitzero"`      // the first ones by name
	CameraCount int      `json:"camera_count,omitzero"` // all of them

	// Of escalated alerts: their group, how many they are, the type, when the first
	// arrived, and the sequence number of the newest.
	Group     string `json:"group,omitzero"`
	Alerts    int64  `json:"alerts,omitzero"`
	EventType string `json:"event_type,omitzero"`
	Since     string `json:"since,omitzero"`
	Through   int64  `json:"through,omitzero"`
}

// Event makes the announcement's event. The same id, time and announcement make
// the same event, so publishing it twice stores it once.
func (a Announcement) Event(id string, at time.Time) (*Event, error) {
	a.Code = a.Kind
	data, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("announce %s: %w", a.Kind, err)
	}
	e := &Event{ID: id, Type: SystemError, Source: OwnSource, Time: at.UTC().Truncate(time.Microsecond), Data: data}
	e.Finalize()
	return e, nil
}

// Resolves returns the ids of the events whose state an announcement of
// Postern's ends; ends is false for an event that ends no state. Only
// Postern's own announcements end states, whatever a producer's data says.
func (e *Event) Resolves() (ids []string, ends bool) {
	if e.Type != SystemError || e.Source != OwnSource || !bytes.Contains(e.Data, []byte(`"resolves"`)) {
		return nil, false
	}
	var data struct {
		Resolves jsontext.Value `json:"resolves"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil || len(data.Resolves) == 0 {
		return nil, false
	}
	var one string
	if json.Unmarshal(data.Resolves, &one) == nil && one != "" {
		return []string{one}, true
	}
	var several []string // decoding into the result ids would allocate for every event
	if json.Unmarshal(data.Resolves, &several) != nil {
		return nil, false
	}
	return several[:min(len(several), maxResolves)], true
}

// AnnouncedWebhook returns the id of the webhook that an announcement of Postern's own
// is about; empty for any other event.
func (e *Event) AnnouncedWebhook() string {
	if !e.Own() || e.Type != SystemError {
		return ""
	}
	for _, f := range e.Fields() {
		if f.Name == "webhook_id" {
			return f.Text()
		}
	}
	return ""
}

// IsAlert reports whether the event needs a person: its type's meaning is
// urgent, and it isn't an announcement that a state has ended, nor an escalation. It is
// the one definition of an alert for lists, counts and pages.
func (e *Event) IsAlert() bool {
	if !UrgentTypes.Has(e.Type) {
		return false
	}
	_, ends := e.Resolves()
	return !ends && !e.Escalation()
}

// escalationKind is in the data of an escalation.
var escalationKind = []byte(`"kind":"` + string(AlertEscalated) + `"`)

// Escalation reports whether the event announces that alerts were not acknowledged in
// time. It is no alert itself: the alerts that it names are open.
func (e *Event) Escalation() bool {
	return e.Type == SystemError && e.Source == OwnSource && bytes.Contains(e.Data, escalationKind)
}

// Meaning returns the meaning of the event's type, except that an announcement
// that a state has ended isn't urgent.
func (e *Event) Meaning() Meaning {
	meaning := e.Type.Info().Meaning
	if meaning.Urgent() && !e.IsAlert() && !e.Escalation() {
		return Confirmed
	}
	return meaning
}
