package event

import (
	"time"
	"unicode/utf8"

	"postern/internal/problem"
	"postern/internal/snapshot"
)

// MaxIdentityBytes is the maximum length of an identity in a request.
const MaxIdentityBytes = 512

// Identity returns the identity_id of data, else its track_id, a text or a number;
// empty if it has neither.
func (e *Event) Identity() string {
	if id := e.IdentityID(); id != "" {
		return id
	}
	return e.named("track_id")
}

// IdentityID returns the identity_id of data, a text or a number's digits as its
// producer wrote them; empty if it has none. It alone identifies a person: a camera
// soon reuses a track_id, two persons may share a label, and an identity_id deeper in
// data has a meaning of the producer's own.
func (e *Event) IdentityID() string { return e.named("identity_id") }

// Label returns the label of data, which names the person for people; empty if it has
// none.
func (e *Event) Label() string { return e.named("label") }

// named returns a text or a number of data's first level.
func (e *Event) named(name string) string {
	value, _ := find(e.Data, []string{name})
	switch value.Kind() {
	case '"':
		return unquote(value)
	case '0':
		return string(value)
	}
	return ""
}

// CheckIdentity checks an identity_id of a request. Its error is a *problem.Error.
func CheckIdentity(id string) error {
	if id != "" && len(id) <= MaxIdentityBytes && utf8.ValidString(id) {
		return nil
	}
	return problem.InvalidField("identity_id", "The identity_id must be text of 1 to %d bytes.", MaxIdentityBytes)
}

// Erase returns the event without its data: its sequence number, id, type, times,
// source and camera, and the time of the erasure.
func (e *Event) Erase(at time.Time) *Event {
	left := &Event{
		Seq: e.Seq, ID: e.ID, Type: e.Type, Time: e.Time, Received: e.Received, Source: e.Source, Camera: e.Camera,
		Erased: at.UTC().Truncate(time.Microsecond), ProducerID: e.ProducerID, Renamed: e.Renamed, Site: e.Site, Silence: e.Silence,
	}
	if e.Snapshot != nil {
		left.Snapshot = &snapshot.Info{Removed: true} // an erasure removes it too
	}
	left.Data = append(AppendTime([]byte(`{"erased":"`), left.Erased), `"}`...)
	left.Finalize()
	return left
}

// AsRemoved returns the stand-in, in memory, for an event that was removed from
// the middle of the log.
func (e *Event) AsRemoved() *Event { return &Event{Seq: e.Seq, Type: e.Type} }

// IsRemoved reports whether the event is the stand-in for a removed one: only its
// sequence number and type are known.
func (e *Event) IsRemoved() bool { return e.ID == "" }

// Redacted reports whether the event was erased or removed. An event that is passed to
// readers as changed and isn't redacted has got or lost its snapshot.
func (e *Event) Redacted() bool { return e.IsRemoved() || !e.Erased.IsZero() }
