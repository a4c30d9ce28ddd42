package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/problem"
)

// Decode reads a request's body: one event, an array of events, or one event a
// line (NDJSON), in UTF-8 with or without a byte-order mark. It accepts all or
// none. An event without a timestamp gets now. The events don't alias body. Its
// errors are *problem.Error. They name each invalid event and its position in
// the body, unless the body has no events at all.
func Decode(body []byte, now time.Time) ([]*Event, error) { return DecodeForwarded(body, now, "") }

// DecodeForwarded is Decode for events that the Postern of another site forwards.
// They are marked as that site's, its announcements are accepted, and producer_id
// and site are decoded as it has set them. An empty site is this one.
func DecodeForwarded(body []byte, now time.Time, site string) ([]*Event, error) {
	body, err := UTF8Body(body)
	if err != nil {
		return nil, err
	}
	d := newDecoder(body, now)
	defer d.release()
	d.site = site
	if err := d.decode(); err != nil {
		return nil, err
	}
	return slices.Clone(d.events), nil
}

// Forms of a body.
const bodyForms = "Send an event as a JSON object, an array of them, or one a line."

// decode reads the whole body.
func (d *decoder) decode() error {
	switch d.dec.PeekKind() {
	case '[':
		d.array, d.many = true, true
		if _, err := d.dec.ReadToken(); err != nil {
			return d.broken(err)
		}
		for d.dec.PeekKind() != ']' {
			if err := d.event(); err != nil {
				return err
			}
		}
		if _, err := d.dec.ReadToken(); err != nil {
			return d.broken(err)
		}
		end := d.dec.InputOffset()
		if _, err := d.dec.ReadToken(); !errors.Is(err, io.EOF) {
			end += int64(len(d.body[end:]) - len(bytes.TrimLeft(d.body[end:], " \t\r\n")))
			return d.stop(end, "", "There is something after the array's end. Send one array, or one event a line.")
		}
	case '{':
		for {
			if err := d.event(); err != nil {
				return err
			}
			if d.dec.PeekKind() == 0 {
				_, err := d.dec.ReadToken()
				if errors.Is(err, io.EOF) {
					break
				}
				d.many, d.start = true, d.next()
				return d.broken(err)
			}
			d.many = true
		}
	default:
		if _, err := d.dec.ReadToken(); errors.Is(err, io.EOF) {
			return &problem.Error{Code: problem.Invalid, Detail: "The body is empty. " + bodyForms}
		} else if err != nil {
			return d.broken(err)
		}
		return &problem.Error{Code: problem.Invalid, Detail: "The body is neither an object nor an array. " + bodyForms}
	}
	if len(d.fields) > 0 {
		return d.refusal()
	}
	if len(d.events) == 0 {
		return &problem.Error{Code: problem.Invalid, Detail: "The array is empty. Send at least one event."}
	}
	return nil
}

// event decodes and checks the next event. It records invalid fields; its error
// means that the rest of the body can't be decoded.
func (d *decoder) event() error {
	kind := d.dec.PeekKind()
	d.start = d.next()
	if d.index >= MaxBatchEvents {
		d.tooLarge = true
		return d.stop(d.start, "", fmt.Sprintf("The request has more than %d events. Send them in several requests.", MaxBatchEvents))
	}
	if kind != '{' {
		if _, err := d.dec.ReadValue(); err != nil {
			return d.broken(err)
		}
		d.fail(d.start, "", "This is "+kindWord(kind)+"; an event is an object.")
		d.index++
		return nil
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return d.broken(err)
	}
	var e Event
	var seen fieldSet
	for d.dec.PeekKind() == '"' {
		quoted, err := d.value()
		if err != nil {
			return err
		}
		if d.name, err = unquoted(quoted); err != nil {
			return d.broken(err)
		}
		value, err := d.value()
		if err != nil {
			return err
		}
		seen |= d.field(&e, value)
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return d.broken(err)
	}
	if size := d.dec.InputOffset() - d.start; size > MaxEventBytes {
		d.tooLarge = true
		d.fail(d.start, "", fmt.Sprintf("The event is %d bytes long; at most %d KiB fit in one.", size, MaxEventBytes>>10))
	}
	d.complete(&e, seen)
	d.events = append(d.events, &e)
	d.index++
	return nil
}

// next returns the offset of the next value. PeekKind has checked the
// separators before it.
func (d *decoder) next() int64 {
	at := d.dec.InputOffset()
	for at < int64(len(d.body)) && strings.IndexByte(" \t\r\n,", d.body[at]) >= 0 {
		at++
	}
	return at
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

// field reads the member d.name of an event and checks its value. A null counts
// as a missing member.
func (d *decoder) field(e *Event, value jsontext.Value) fieldSet {
	at := d.dec.InputOffset() - int64(len(value))
	absent := value.Kind() == 'n'
	switch string(d.name) {
	case "id":
		if absent {
			return 0
		}
		if s, ok := d.text("id", value, "a string"); ok {
			if e.ID = string(s); !ValidID(e.ID) {
				if slices.Contains(reservedIDs, e.ID) {
					d.fail(at, "id", fmt.Sprintf("The id %q is a word of Postern's own URLs. Choose another id.", s))
				} else {
					d.fail(at, "id", idRule)
				}
			}
		}
		return hasID
	case "type":
		if absent {
			return 0
		}
		if s, ok := d.text("type", value, "a string"); ok {
			if e.Type = byName[string(s)]; e.Type == 0 {
				d.fail(at, "type", fmt.Sprintf("There is no event type %q. The types are %s.", clip(string(s), 64),
					strings.Join(AllTypes.list(), ", ")))
			}
		}
		return hasType
	case "timestamp":
		if absent {
			return 0
		}
		var err error
		if value.Kind() == '0' {
			e.Time, err = parseEpoch(string(value))
		} else if s, ok := d.text("timestamp", value, "a string or a number"); ok {
			e.Time, err = parseClock(s, nil)
			if err != nil && onlyDigits(string(s)) {
				err = fmt.Errorf("The time %q is a number in quotes. Send seconds or milliseconds since 1970 without them.", clip(string(s), 40))
			}
		}
		if err != nil {
			d.fail(at, "timestamp", err.Error())
		}
		return hasTime
	case "source":
		if absent {
			return 0
		}
		if s, ok := d.text("source", value, "a string"); ok {
			switch e.Source = d.sources.text(s); {
			case !ValidName(e.Source):
				d.fail(at, "source", "A source "+nameRule+".")
			case strings.EqualFold(strings.TrimSpace(e.Source), OwnSource) && (d.site == "" || e.Source != OwnSource):
				d.fail(at, "source", "This source is reserved for Postern itself. Name the module that produced the event.")
			}
		}
		return hasSource
	case "camera_id":
		if absent {
			return 0
		}
		if s, ok := d.text("camera_id", value, "a string"); ok {
			if e.Camera = d.cameras.text(s); !ValidName(e.Camera) {
				d.fail(at, "camera_id", "A camera's id "+nameRule+", or is null.")
			}
		}
		return 0
	case "data":
		if absent {
			return 0
		}
		if value.Kind() != '{' {
			d.fail(at, "data", "This is "+kindWord(value.Kind())+"; data must be an object.")
			return hasData
		}
		compacted, depth := d.compact(value)
		if depth > MaxDataDepth {
			d.fail(at, "data", fmt.Sprintf("The data is nested deeper than %d levels.", MaxDataDepth))
			return hasData
		}
		e.Data = compacted // until Finalize copies it
		return hasData
	case "producer_id", "site":
		if !absent {
			d.origin(e, value, at)
		}
		return 0
	case "snapshot":
		if d.site == "" && !absent {
			d.fail(at, "snapshot", "Postern adds snapshot itself. Send the image in a request of its own, "+
				"or with the event as multipart/form-data.")
		}
		return 0 // a link to the site that forwards the event; the image stays there
	default:
		name := clip(string(d.name), 64)
		fields := "id, type, timestamp, source, data and camera_id"
		if d.site != "" {
			fields = "id, type, timestamp, source, data, camera_id, producer_id and site"
		}
		d.fail(at, name, fmt.Sprintf("An event has no field %q; the fields are %s. Put your own into data.", name, fields))
		return 0
	}
}

// complete sets the optional fields that are missing, and finalizes the event.
func (d *decoder) complete(e *Event, seen fieldSet) {
	if seen&hasType == 0 {
		d.fail(d.start, "type", "The type is missing. The types are "+strings.Join(AllTypes.list(), ", ")+".")
	}
	if seen&hasSource == 0 {
		d.fail(d.start, "source", "The source is missing: the module that produced the event, such as \"face_pipeline\".")
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
	if d.site != "" {
		e.Site = d.site + e.Site
	}
	e.Finalize()
}

// text reads a value as a string's text, or notes that it is none.
func (d *decoder) text(field string, value jsontext.Value, must string) ([]byte, bool) {
	at := d.dec.InputOffset() - int64(len(value))
	if value.Kind() != '"' {
		d.fail(at, field, "This is "+kindWord(value.Kind())+"; it must be "+must+".")
		return nil, false
	}
	text, err := unquoted(value)
	if err != nil {
		d.fail(at, field, "This is not a valid string.")
	}
	return text, err == nil
}
