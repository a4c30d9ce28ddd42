package event

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Type is one of the ten event types. The database stores its number, so numbers are
// never reused or reordered, and new types are added at the end.
type Type uint8

// The ten event types of the reference, in its order.
const (
	FaceDetected Type = iota + 1
	FaceMatched
	WatchlistAlert
	LivenessPassed
	LivenessFailed
	DocumentScanned
	PersonEntered
	PersonExited
	LineCrossed
	SystemError
)

// ErrUnknownType means that there is no event type of a name.
var ErrUnknownType = errors.New("unknown event type")

// Meaning groups the types by how an operator has to react.
type Meaning string

// The five meanings, from calm to broken.
const (
	Routine   Meaning = "routine"
	Confirmed Meaning = "confirmed"
	Attention Meaning = "attention"
	Alert     Meaning = "alert"
	Fault     Meaning = "fault"
)

// Urgent reports whether an event of this meaning is an open alert until a person
// acknowledges it.
func (m Meaning) Urgent() bool { return m == Alert || m == Attention || m == Fault }

// Info is a type's entry in the catalogue.
type Info struct {
	Type        Type
	Name        string  // as in JSON: face_detected
	Words       string  // as on a page: Face detected
	Description string  // the reference's own sentence
	Meaning     Meaning // how an operator has to react
	Example     string  // a documented example of data, as JSON
}

// catalogue is in the order of the constants: Type n stands at n-1.
var catalogue = []Info{
	{FaceDetected, "face_detected", "Face detected", "A face was detected in an image or video frame", Routine,
		`{"track_id":"trk-4411","confidence":0.98,"bbox":[412,188,96,128],"quality":0.87}`},
	{FaceMatched, "face_matched", "Face matched", "A detected face matched an enrolled identity", Confirmed,
		`{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"}`},
	{WatchlistAlert, "watchlist_alert", "Watchlist alert", "A watchlist match exceeded the alert threshold", Alert,
		`{"identity_id":"abc-123","label":"Alice Smith","similarity":0.93,"watchlist":"vip"}`},
	{LivenessPassed, "liveness_passed", "Liveness passed", "An active liveness session completed successfully", Confirmed,
		`{"session_id":"lv-20260319-07","score":0.97,"challenges":["turn_left","blink"]}`},
	{LivenessFailed, "liveness_failed", "Liveness failed", "An active liveness session failed", Attention,
		`{"session_id":"lv-20260319-08","score":0.31,"reason":"screen_replay"}`},
	{DocumentScanned, "document_scanned", "Document scanned", "A document was scanned and processed", Routine,
		`{"document_id":"doc-5521","document_type":"passport","country":"NLD","confidence":0.99,"mrz_valid":true}`},
	{PersonEntered, "person_entered", "Person entered", "A tracked person entered a monitored zone", Routine,
		`{"track_id":"trk-4411","zone":"lobby"}`},
	{PersonExited, "person_exited", "Person exited", "A tracked person exited a monitored zone", Routine,
		`{"track_id":"trk-4411","zone":"lobby","dwell_seconds":74.5}`},
	{LineCrossed, "line_crossed", "Line crossed", "A tracked person crossed a counting line", Routine,
		`{"track_id":"trk-4411","line":"main-entrance","direction":"in","count_in":128,"count_out":97}`},
	{SystemError, "system_error", "System error", "An internal error occurred in a processing module", Fault,
		`{"module":"video_pipeline","code":"stream_lost","message":"No frames for 30 s"}`},
}

var byName = func() map[string]Type {
	m := make(map[string]Type, len(catalogue))
	for _, in := range catalogue {
		m[in.Name] = in.Type
	}
	return m
}()

// UrgentTypes are the types whose meaning is urgent.
var UrgentTypes = func() (s TypeSet) {
	for _, in := range catalogue {
		if in.Meaning.Urgent() {
			s |= Types(in.Type)
		}
	}
	return s
}()

// Catalogue returns every type's entry, in the reference's order.
func Catalogue() []Info { return slices.Clone(catalogue) }

// ParseType finds the type that name names. Its error wraps ErrUnknownType
// and names the valid ones, so that it can be shown as it is.
func ParseType(name string) (Type, error) {
	if t, ok := byName[name]; ok {
		return t, nil
	}
	return 0, unknownType(name)
}

// Valid reports whether t is one of the catalogue's types.
func (t Type) Valid() bool { return t >= 1 && int(t) <= len(catalogue) }

// Info returns t's entry in the catalogue. A t that is not Valid has a zero
// entry.
func (t Type) Info() Info {
	if !t.Valid() {
		return Info{}
	}
	return catalogue[t-1]
}

// String returns the type's name as it stands in JSON.
func (t Type) String() string {
	if !t.Valid() {
		return ""
	}
	return catalogue[t-1].Name
}

// TypeSet is a set of event types. The zero set is empty.
type TypeSet uint32

// AllTypes is what ["*"] means: every type, those of later versions included.
const AllTypes TypeSet = 1 << 31

// Types returns the set that holds just ts.
func Types(ts ...Type) TypeSet {
	var s TypeSet
	for _, t := range ts {
		s |= 1 << t
	}
	return s
}

// Has reports whether t is in the set.
func (s TypeSet) Has(t Type) bool { return s&AllTypes != 0 || s&(1<<t) != 0 }

// Len counts the types in the set.
func (s TypeSet) Len() int {
	if s&AllTypes != 0 {
		return len(catalogue)
	}
	return bits.OnesCount32(uint32(s))
}

// Each returns the set's types in the catalogue's order.
func (s TypeSet) Each() []Type {
	ts := make([]Type, 0, s.Len())
	for _, in := range catalogue {
		if s.Has(in.Type) {
			ts = append(ts, in.Type)
		}
	}
	return ts
}

// Names returns the names of the set's types as the API writes them: ["*"]
// for AllTypes, else each name in the catalogue's order.
func (s TypeSet) Names() []string {
	if s&AllTypes != 0 {
		return []string{"*"}
	}
	return s.list()
}

func (s TypeSet) list() []string {
	names := make([]string, 0, s.Len())
	for _, t := range s.Each() {
		names = append(names, t.String())
	}
	return names
}

// unknownType is a name that no event type has.
type unknownType string

func (name unknownType) Error() string {
	return fmt.Sprintf("There is no event type %q. The types are %s.", clip(string(name), 64), strings.Join(AllTypes.list(), ", "))
}

// Is reports whether the target is ErrUnknownType.
func (name unknownType) Is(target error) bool { return target == ErrUnknownType }

// ParseTypes reads names as a set: at least one, no repeats, or "*" alone. Its
// error is a whole sentence for the client.
func ParseTypes(names []string) (TypeSet, error) {
	if len(names) == 0 {
		return 0, fmt.Errorf(
			"Name at least one event type, or [\"*\"] for all of them. The types are %s.",
			strings.Join(AllTypes.list(), ", "),
		)
	}
	if len(names) == 1 && names[0] == "*" {
		return AllTypes, nil
	}
	var s TypeSet
	for _, name := range names {
		if name == "*" {
			return 0, errors.New(`"*" stands for all event types, so it must stand alone.`)
		}
		t, err := ParseType(name)
		if err != nil {
			return 0, err
		}
		if s.Has(t) {
			return 0, fmt.Errorf("The event type %q is named twice.", name)
		}
		s |= 1 << t
	}
	return s, nil
}

// clip shortens s to at most n bytes for use in a message, at a rune's edge.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}

// Severity orders meanings by how urgent they are: the most urgent is the lowest.
func (m Meaning) Severity() int {
	switch m {
	case Alert:
		return 0
	case Attention:
		return 1
	case Fault:
		return 2
	default:
		return 3
	}
}
