package event

import (
	"time"
	"unicode/utf8"

	"postern/internal/problem"
)

// MaxIdentityBytes bounds an identity that is asked for.
const MaxIdentityBytes = 512

// Identity returns who the event is about: data's identity_id, else its
// track_id, a text or a number; empty where there is neither.
func (e *Event) Identity() string {
	if id := e.IdentityID(); id != "" {
		return id
	}
	return e.named("track_id")
}

// IdentityID returns data's identity_id, a text or a number's digits as its
// producer wrote them; empty where there is none. This alone ties an event to
// a person: a track_id is one camera's own and soon means somebody else, a
// label may be two persons', and an identity_id deeper in data is the
// producer's own affair.
func (e *Event) IdentityID() string { return e.named("identity_id") }

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

// CheckIdentity refuses what can't be an identity_id to ask for. Its error is
// a *problem.Error.
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
		Erased: at.UTC().Truncate(time.Microsecond), ProducerID: e.ProducerID, Renamed: e.Renamed, Site: e.Site,
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
