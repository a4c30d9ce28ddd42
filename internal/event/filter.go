package event

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Filter selects events. Its zero value selects all; each field that is set
// restricts it. It is the one filter of searches, streams, live pages, webhooks and holds.
type Filter struct {
	Types   TypeSet   // empty: every type
	Cameras []string  // any of these
	Sources []string  // any of these
	Since   time.Time // at or after, by the event's own time
	Until   time.Time // before, by the event's own time
	Text    string    // in the id, producer's id, camera, source, site, or a string of data's first level, as Fold compares
	// Conditions are tests on data.
	Conditions Conditions
}

// Part is a part of a filter.
type Part uint8

// The parts of a filter, in the order in which they are compared.
const (
	NoPart Part = iota
	PartTypes
	PartCameras
	PartSources
	PartTimes
	PartText
	PartConditions
)

// Match reports whether e passes the filter.
func (f *Filter) Match(e *Event) bool { return f.Failed(e) == NoPart }

// Failed returns the first part of the filter that e doesn't pass; NoPart if it
// passes all of them.
func (f *Filter) Failed(e *Event) Part {
	switch {
	case f.Types != 0 && !f.Types.Has(e.Type):
		return PartTypes
	case len(f.Cameras) > 0 && !slices.Contains(f.Cameras, e.Camera):
		return PartCameras
	case len(f.Sources) > 0 && !slices.Contains(f.Sources, e.Source):
		return PartSources
	case !f.Since.IsZero() && e.Time.Before(f.Since), !f.Until.IsZero() && !e.Time.Before(f.Until):
		return PartTimes
	case f.Text != "" && !f.matchText(e):
		return PartText
	case !f.Conditions.Match(e.Data):
		return PartConditions
	default:
		return NoPart
	}
}

// RestrictsTypes reports whether the filter leaves out events of some type.
func (f *Filter) RestrictsTypes() bool { return f.Types != 0 && f.Types&AllTypes == 0 }

// RestrictsTimes reports whether the filter leaves out events of some time.
func (f *Filter) RestrictsTimes() bool { return !f.Since.IsZero() || !f.Until.IsZero() }

// TimesMicro returns the filter's times in Unix microseconds, the precision of
// an event's time: an event matches from since on and before until.
func (f *Filter) TimesMicro() (since, until int64) {
	since, until = math.MinInt64, math.MaxInt64
	if !f.Since.IsZero() {
		since = CeilMicro(f.Since)
	}
	if !f.Until.IsZero() {
		until = CeilMicro(f.Until)
	}
	return since, until
}

// CeilMicro returns a time in Unix microseconds, rounded up: an event is at or
// after t where it is at or after that.
func CeilMicro(t time.Time) int64 {
	us := t.UnixMicro()
	if FromMicro(us).Before(t) {
		us++
	}
	return us
}

func (f *Filter) matchText(e *Event) bool {
	want := Fold(f.Text)
	if want == "" {
		return false // combining marks only: nothing is left to compare
	}
	if strings.Contains(Fold(e.ID), want) ||
		strings.Contains(Fold(e.ProducerID), want) ||
		strings.Contains(Fold(e.Site), want) ||
		strings.Contains(Fold(e.Camera), want) ||
		strings.Contains(Fold(e.Source), want) {
		return true
	}
	if !e.Erased.IsZero() || !mayContain(e.Data, want) {
		return false
	}
	for _, value := range e.Fields() {
		if value.Value.Kind() == '"' && strings.Contains(Fold(value.Text()), want) {
			return true
		}
	}
	return false
}

// mayContain reports whether a text in data may contain want, which is folded and
// not empty. It parses no JSON: it rules most events out at a tenth of the cost of
// comparing every field.
func mayContain(data []byte, want string) bool {
	lower, upper := want[0], want[0]
	if 'a' <= lower && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	for i, b := range data {
		if b >= 0x80 || b == '\\' {
			return true // only a comparison of folded, unescaped texts tells
		}
		if (b == lower || b == upper) && len(data)-i >= len(want) && strings.EqualFold(string(data[i:i+len(want)]), want) {
			return true
		}
	}
	return false
}

// Field is one member of an event's data.
type Field struct {
	Name  string
	Value jsontext.Value
}

// Text returns the field's value as a person reads it: a string without its
// quotes, anything else as its JSON.
func (f Field) Text() string {
	if f.Value.Kind() != '"' {
		return string(f.Value)
	}
	b, err := jsontext.AppendUnquote(nil, f.Value)
	if err != nil {
		return string(f.Value)
	}
	return string(b)
}

// Fields returns the members of data's first level, in the producer's order.
func (e *Event) Fields() []Field {
	var fields []Field
	dec := jsontext.NewDecoder(strings.NewReader(string(e.Data)))
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return fields
		}
		field := Field{Name: name.String()}
		value, err := dec.ReadValue()
		if err != nil {
			return fields
		}
		field.Value = value.Clone()
		fields = append(fields, field)
	}
	return fields
}
