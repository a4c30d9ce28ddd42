package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/problem"
)

// Bounds of one refusal.
const (
	maxFieldErrors = 100
	maxFieldBytes  = 128 // of a field's path
)

// noted is an error of one event. Its line is computed only when the refusal is
// made.
type noted struct {
	index          int
	offset         int64 // of the value in the body
	field, message string
}

// fail notes what is wrong with a field of the current event whose value
// begins at the offset.
func (d *decoder) fail(offset int64, field, message string) {
	if len(d.fields) >= maxFieldErrors {
		d.more++
		return
	}
	d.fields = append(d.fields, noted{d.index, offset, field, message})
}

// stop notes an error that ends the reading, and refuses the request.
func (d *decoder) stop(offset int64, field, message string) *problem.Error {
	d.fields = append(d.fields, noted{d.index, offset, field, message})
	return d.refusal()
}

// broken refuses the request because of an error of the JSON reader.
func (d *decoder) broken(err error) *problem.Error {
	p := readFault(d.body, err)
	message := "The event" + p.says(d.body) + "."
	switch {
	case d.array: // the pointer's first token is the event's index
		_, inner, found := strings.Cut(strings.TrimPrefix(string(p.pointer), "/"), "/")
		if p.pointer = ""; found {
			p.pointer = jsontext.Pointer("/" + inner)
		}
	case d.cutLine(&p):
		// The errors noted for this index are about the next event.
		d.fields = slices.DeleteFunc(d.fields, func(n noted) bool { return n.index == d.index })
		message = "The event is not valid JSON: its line ends in the middle of a value, and the next line begins another event."
	case p.offset < d.start && d.body[p.offset] == ',':
		message = "A comma separates two events. Send them one a line without commas, or in an array."
	}
	return d.stop(p.offset, FieldPath(p.pointer), message)
}

// cutLine detects a line that was cut off, where the reader read the next line
// as its rest. It then moves the problem to the end of the cut line. A line is
// cut off if it ends in the middle of a value and the next line is whole.
func (d *decoder) cutLine(p *jsonFault) bool {
	begin := bytes.LastIndexByte(d.body[:d.start], '\n') + 1
	line, rest, _ := bytes.Cut(d.body[begin:], []byte{'\n'})
	if int(p.offset) <= begin+len(line) {
		return false
	}
	next, _, _ := bytes.Cut(rest, []byte{'\n'})
	if next = bytes.TrimSpace(next); len(next) == 0 || next[0] != '{' || !jsontext.Value(next).IsValid() {
		return false
	}
	line = line[d.start-int64(begin):]
	_, err := jsontext.NewDecoder(bytes.NewBuffer(line)).ReadValue()
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	alone := readFault(line, err)
	p.offset, p.pointer = d.start+alone.offset, alone.pointer
	return true
}

// refusal makes one error of all noted errors.
func (d *decoder) refusal() *problem.Error {
	fields := make([]problem.Field, len(d.fields))
	line, counted := 1, int64(0)
	for i, n := range d.fields {
		if n.offset < counted { // a missing field is reported at the start of its event
			line -= bytes.Count(d.body[n.offset:counted], []byte{'\n'})
		} else {
			line += bytes.Count(d.body[counted:n.offset], []byte{'\n'})
		}
		counted = n.offset
		fields[i] = problem.Field{Index: &n.index, Line: line, Field: n.field, Message: n.message}
	}
	detail := sentence(&fields[0], d.body, d.many)
	if n := len(d.fields) + d.more - 1; n > 0 {
		detail += fmt.Sprintf(" And %d more.", n)
	}
	if d.many {
		detail += " Nothing of the request was accepted."
	}
	code := problem.Invalid
	if d.tooLarge {
		code = problem.TooLarge
	}
	return &problem.Error{Code: code, Detail: detail, Fields: fields}
}

// sentence puts the position before the message: the event where the body has
// many, the line where it has several, and the field.
func sentence(f *problem.Field, body []byte, many bool) string {
	var place []string
	switch {
	case many:
		place = append(place, fmt.Sprintf("Event [%d]", *f.Index), fmt.Sprintf("line %d", f.Line))
	case bytes.IndexByte(bytes.TrimSpace(body), '\n') >= 0:
		place = append(place, fmt.Sprintf("Line %d", f.Line))
	}
	if f.Field != "" {
		place = append(place, f.Field)
	}
	if len(place) == 0 {
		return f.Message
	}
	return strings.Join(place, ", ") + ": " + f.Message
}

// FieldPath turns a JSON pointer into a field's path: /data/faces/0/label into
// data.faces[0].label. It is shortened where it is too long to be shown.
func FieldPath(p jsontext.Pointer) string {
	var path []byte
	for token := range p.Tokens() {
		switch _, err := strconv.ParseUint(token, 10, 32); {
		case len(path) == 0:
			path = append(path, token...)
		case err == nil:
			path = append(append(append(path, '['), token...), ']')
		default:
			path = append(append(path, '.'), token...)
		}
		if len(path) > maxFieldBytes {
			break
		}
	}
	return clip(strings.ToValidUTF8(string(path), string(utf8.RuneError)), maxFieldBytes)
}

// Locate adds the line on which the event begins to errors that have only its
// index. It reads the body a second time; call it for refusals only.
func Locate(body []byte, fields []problem.Field) {
	body, err := UTF8Body(body)
	if err != nil {
		return
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	if dec.PeekKind() == '[' {
		if _, err := dec.ReadToken(); err != nil {
			return
		}
	}
	line, counted := 1, 0
	for index := 0; ; index++ {
		value, err := dec.ReadValue()
		if err != nil {
			return
		}
		start := int(dec.InputOffset()) - len(value)
		line += bytes.Count(body[counted:start], []byte{'\n'})
		counted = start
		for i := range fields {
			if at := fields[i].Index; at != nil && *at == index {
				fields[i].Line = line
			}
		}
	}
}
