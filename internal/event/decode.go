package event

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxFieldErrors bounds how much one refusal says.
const maxFieldErrors = 20

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// InvalidError is a request that was read but can't be accepted.
type InvalidError struct {
	// Detail is one sentence that a person can act on.
	Detail string
	Fields []FieldError
	// TooLarge says that the refusal is about size.
	TooLarge bool
}

// Error returns the detail.
func (e *InvalidError) Error() string { return e.Detail }

// Decode reads a request's body: one event, an array of events, or one event
// a line (NDJSON). It accepts all or none. now is what an event without a
// timestamp gets. The events don't alias body. Its errors are *InvalidError.
func Decode(body []byte, now time.Time) ([]*Event, error) {
	d := newDecoder(body, now)
	defer d.release()
	if err := d.decode(); err != nil {
		return nil, err
	}
	return slices.Clone(d.events), nil
}

// decode reads the whole body.
func (d *decoder) decode() error {
	switch d.dec.PeekKind() {
	case '[':
		d.many = true
		if _, err := d.dec.ReadToken(); err != nil {
			return SyntaxError(err)
		}
		for d.dec.PeekKind() != ']' {
			if err := d.event(); err != nil {
				return err
			}
		}
		if _, err := d.dec.ReadToken(); err != nil {
			return SyntaxError(err)
		}
		if _, err := d.dec.ReadToken(); err != io.EOF {
			return &InvalidError{Detail: fmt.Sprintf("There is something after the array's end, at byte %d. Send one array, or one event a line.", d.dec.InputOffset())}
		}
	case '{':
		for {
			if err := d.event(); err != nil {
				return err
			}
			if d.dec.PeekKind() == 0 {
				if _, err := d.dec.ReadToken(); err != io.EOF {
					return SyntaxError(err)
				}
				break
			}
			d.many = true
		}
	default:
		if _, err := d.dec.ReadToken(); err == io.EOF {
			return &InvalidError{Detail: "The body is empty. Send an event as a JSON object, an array of them, or one a line."}
		} else if err != nil {
			return SyntaxError(err)
		}
		return &InvalidError{Detail: "The body is neither an object nor an array. Send an event as a JSON object, an array of them, or one a line."}
	}
	if len(d.fields) > 0 {
		return d.refusal()
	}
	if len(d.events) == 0 {
		return &InvalidError{Detail: "The array is empty. Send at least one event."}
	}
	return nil
}

// event reads the next value as an event and checks it. Wrong fields are
// noted; the error is for what can't be read any further.
func (d *decoder) event() error {
	if d.index >= MaxBatchEvents {
		return &InvalidError{TooLarge: true, Detail: fmt.Sprintf("The request has more than %d events. Send them in several requests.", MaxBatchEvents)}
	}
	if kind := d.dec.PeekKind(); kind != '{' {
		if _, err := d.dec.ReadValue(); err != nil {
			return SyntaxError(err)
		}
		d.fail("", "is "+kindWord(kind)+"; an event is an object")
		d.index++
		return nil
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return SyntaxError(err)
	}
	// The offset before the brace would count what separates the events too.
	start := d.dec.InputOffset() - 1
	var e Event
	var seen fieldSet
	for d.dec.PeekKind() == '"' {
		quoted, err := d.value()
		if err != nil {
			return err
		}
		if d.name, err = unquoted(quoted); err != nil {
			return SyntaxError(err)
		}
		value, err := d.value()
		if err != nil {
			return err
		}
		seen |= d.field(&e, value)
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return SyntaxError(err)
	}
	if size := d.dec.InputOffset() - start; size > MaxEventBytes {
		return &InvalidError{TooLarge: true, Detail: fmt.Sprintf("%s is %d bytes long; at most %d KiB fit in one.", d.where(), size, MaxEventBytes>>10)}
	}
	d.complete(&e, seen)
	d.events = append(d.events, &e)
	d.index++
	return nil
}

// fieldSet says which members an event had.
type fieldSet uint8

const (
	hasID fieldSet = 1 << iota
	hasType
	hasTime
	hasSource
	hasData
)

// field takes the member d.name of an event and checks its value.
func (d *decoder) field(e *Event, value jsontext.Value) fieldSet {
	switch string(d.name) {
	case "id":
		if s, ok := d.text("id", value); ok {
			if e.ID = string(s); !ValidID(e.ID) {
				if slices.Contains(reservedIDs, e.ID) {
					d.fail("id", fmt.Sprintf("%q is a word of Postern's own URLs; choose another id", s))
				} else {
					d.fail("id", idRule)
				}
			}
		}
		return hasID
	case "type":
		if s, ok := d.text("type", value); ok {
			if e.Type = byName[string(s)]; e.Type == 0 {
				_, err := ParseType(string(s))
				d.fail("type", err.Error())
			}
		}
		return hasType
	case "timestamp":
		if s, ok := d.text("timestamp", value); ok {
			t, err := ParseTime(string(s))
			if err != nil {
				d.fail("timestamp", err.Error())
			}
			e.Time = t
		}
		return hasTime
	case "source":
		if s, ok := d.text("source", value); ok {
			switch e.Source = d.sources.text(s); {
			case !ValidName(e.Source):
				d.fail("source", nameRule)
			case strings.EqualFold(strings.TrimSpace(e.Source), OwnSource):
				d.fail("source", "is what Postern calls itself; name the module that produced the event")
			}
		}
		return hasSource
	case "camera_id":
		if value.Kind() == 'n' {
			return 0
		}
		if s, ok := d.text("camera_id", value); ok {
			if e.Camera = d.cameras.text(s); !ValidName(e.Camera) {
				d.fail("camera_id", nameRule+", or null")
			}
		}
		return 0
	case "data":
		if value.Kind() != '{' {
			d.fail("data", "is "+kindWord(value.Kind())+"; it must be an object")
			return hasData
		}
		compacted, depth := d.compact(value)
		if depth > MaxDataDepth {
			d.fail("data", fmt.Sprintf("is nested deeper than %d levels", MaxDataDepth))
			return hasData
		}
		e.Data = compacted // until the event is sealed, which copies it
		return hasData
	default:
		d.fail(clip(string(d.name), 64), "is not a field of an event; the fields are id, type, timestamp, source, data and camera_id. Put your own into data")
		return 0
	}
}

// complete fills in what may be left out and seals the event.
func (d *decoder) complete(e *Event, seen fieldSet) {
	if seen&hasType == 0 {
		d.fail("type", "is required; the types are "+strings.Join(AllTypes.list(), ", "))
	}
	if seen&hasSource == 0 {
		d.fail("source", "is required: the module that produced the event, such as \"face_pipeline\"")
	}
	if len(d.fields) > 0 {
		return
	}
	if seen&hasID == 0 {
		e.ID = NewID()
	}
	if seen&hasTime == 0 {
		e.Time, e.Stamped = d.now, true
	}
	if seen&hasData == 0 {
		e.Data = []byte("{}")
	}
	e.Seal()
}

// text reads a value as a string's text, or notes that it is none.
func (d *decoder) text(field string, value jsontext.Value) ([]byte, bool) {
	if value.Kind() != '"' {
		d.fail(field, "is "+kindWord(value.Kind())+"; it must be a string")
		return nil, false
	}
	text, err := unquoted(value)
	if err != nil {
		d.fail(field, "is not a valid string")
	}
	return text, err == nil
}

// fail notes a wrong field of the current event.
func (d *decoder) fail(field, message string) {
	if len(d.fields) >= maxFieldErrors {
		d.more++
		return
	}
	d.fields = append(d.fields, noted{d.index, field, message})
}

// path names a field as the error shows it: "[3].type", or "type" where the
// request has one event.
func (d *decoder) path(n noted) string {
	switch {
	case !d.many:
		return n.field
	case n.field == "":
		return fmt.Sprintf("[%d]", n.index)
	default:
		return fmt.Sprintf("[%d].%s", n.index, n.field)
	}
}

// where names the current event in a sentence.
func (d *decoder) where() string {
	if d.many {
		return fmt.Sprintf("Event [%d]", d.index)
	}
	return "The event"
}

// refusal turns the noted fields into one error.
func (d *decoder) refusal() *InvalidError {
	fields := make([]FieldError, len(d.fields))
	for i, n := range d.fields {
		fields[i] = FieldError{Field: d.path(n), Message: n.message}
	}
	detail := fmt.Sprintf("%s: %s.", fields[0].Field, fields[0].Message)
	if n := len(d.fields) + d.more - 1; n > 0 {
		detail += fmt.Sprintf(" And %d more.", n)
	}
	if d.many {
		detail += " Nothing of the request was accepted."
	}
	return &InvalidError{Detail: detail, Fields: fields}
}
