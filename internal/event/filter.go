package event

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Filter picks events. Its zero value picks all; each field that is set
// narrows it.
type Filter struct {
	Types   TypeSet   // empty: every type
	Cameras []string  // any of these
	Sources []string  // any of these
	Since   time.Time // at or after, by the event's own time
	Until   time.Time // before, by the event's own time
	Text    string    // in the id, producer's id, camera, source, site, or a string of data's first level; any case
	// Conditions are tests on data.
	Conditions Conditions
}

// Match reports whether e passes the filter.
func (f *Filter) Match(e *Event) bool {
	return (f.Types == 0 || f.Types.Has(e.Type)) &&
		(len(f.Cameras) == 0 || slices.Contains(f.Cameras, e.Camera)) &&
		(len(f.Sources) == 0 || slices.Contains(f.Sources, e.Source)) &&
		(f.Since.IsZero() || !e.Time.Before(f.Since)) &&
		(f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.Text == "" || f.matchText(e)) &&
		f.Conditions.Match(e.Data)
}

func (f *Filter) matchText(e *Event) bool {
	want := strings.ToLower(f.Text)
	if strings.Contains(strings.ToLower(e.ID), want) ||
		e.ProducerID != "" && strings.Contains(strings.ToLower(e.ProducerID), want) ||
		e.Site != "" && strings.Contains(strings.ToLower(e.Site), want) ||
		strings.Contains(strings.ToLower(e.Camera), want) ||
		strings.Contains(strings.ToLower(e.Source), want) {
		return true
	}
	if !e.Erased.IsZero() || !mayContain(e.Data, want) {
		return false
	}
	for _, value := range e.Fields() {
		if value.Value.Kind() == '"' && strings.Contains(strings.ToLower(value.Text()), want) {
			return true
		}
	}
	return false
}

// mayContain reports whether a text in data may contain want, which is in
// lower case. It reads no JSON: it finds what isn't there at a tenth of the
// cost of looking at every field.
func mayContain(data []byte, want string) bool {
	if want == "" {
		return true
	}
	lower, upper := want[0], want[0]
	if 'a' <= lower && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	for i, b := range data {
		if b >= 0x80 || b == '\\' {
			return true // letters whose case or escapes only a closer look tells
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
