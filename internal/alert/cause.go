package alert

import (
	"github.com/go-json-experiment/json"

	"postern/internal/event"
)

// CauseKind says by what alerts belong together.
type CauseKind string

// The kinds of causes. The names are part of the API and never change.
const (
	// CauseIdentity is a person: data's identity_id.
	CauseIdentity CauseKind = "identity"
	// CauseCamera is a camera.
	CauseCamera CauseKind = "camera"
	// CauseSource is a module, for events of no camera.
	CauseSource CauseKind = "source"
	// CauseAnnouncement is a kind of Postern's own announcements, such as
	// webhook_failing: 39 failing webhooks are one cause.
	CauseAnnouncement CauseKind = "announcement"
)

// Cause is what alerts are grouped by. Alerts of one cause are one piece of work for
// the person who takes them.
type Cause struct {
	Type event.Type
	Kind CauseKind
	// Key is an identity_id, a camera, a source or a kind of announcement.
	Key string
}

// CauseOf returns the cause of an alert.
func CauseOf(e *event.Event) Cause {
	c := Cause{Type: e.Type}
	if e.Source == event.OwnSource && e.Type == event.SystemError {
		var data struct {
			Kind event.Kind `json:"kind"`
		}
		if json.Unmarshal(e.Data, &data) == nil && data.Kind != "" {
			c.Kind, c.Key = CauseAnnouncement, string(data.Kind)
			return c
		}
	}
	switch id := e.IdentityID(); {
	case id != "":
		c.Kind, c.Key = CauseIdentity, id
	case e.Camera != "":
		c.Kind, c.Key = CauseCamera, e.Camera
	default:
		c.Kind, c.Key = CauseSource, e.Source
	}
	return c
}
