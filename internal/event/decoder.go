package event

import (
	"bytes"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// decoder is the state of one Decode. Later calls reuse its reader and buffers.
type decoder struct {
	dec  jsontext.Decoder
	from bytes.Buffer // the input of dec, which doesn't copy from this type
	body []byte
	now  time.Time
	site string // that the events come from; empty for this one

	array    bool  // the body is an array
	many     bool  // the request has several events, or an array
	index    int   // of the event under way
	start    int64 // of it in the body
	events   []*Event
	fields   []noted
	more     int    // field errors beyond maxFieldErrors
	tooLarge bool   // one of them is about size
	name     []byte // of the member under way

	compacted        []byte // data of the event under way, where it had white space
	sources, cameras recurring
}

// keepBytes is how large a body may be for its decoder to be kept.
const keepBytes = 64 << 10

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func newDecoder(body []byte, now time.Time) *decoder {
	d := decoders.Get().(*decoder)
	d.read(body)
	d.now = now.UTC().Truncate(time.Microsecond)
	return d
}

func (d *decoder) read(body []byte) {
	d.body, d.from = body, *bytes.NewBuffer(body)
	d.dec.Reset(&d.from)
}

// release lets go of all that belongs to the request, and keeps the decoder
// unless the request was large, or wrong, which is rare.
func (d *decoder) release() {
	if len(d.body) > keepBytes || len(d.fields) > 0 {
		return
	}
	d.read(nil)
	clear(d.events)
	d.events, d.array, d.many, d.index, d.start, d.name = d.events[:0], false, false, 0, 0, nil
	decoders.Put(d)
}

// value decodes the next value, or the name of a member. The result is a part of the
// body, so that it stays valid after the next call, unlike that of ReadValue.
func (d *decoder) value() (jsontext.Value, error) {
	value, err := d.dec.ReadValue()
	if err != nil {
		return nil, d.broken(err)
	}
	end := d.dec.InputOffset()
	return d.body[end-int64(len(value)) : end], nil
}

// compact returns an object without insignificant white space and with nothing
// else changed, and how deep objects and arrays are nested in it. The object
// is valid. The result is valid until the next call.
func (d *decoder) compact(object jsontext.Value) (compacted []byte, deepest int) {
	out, from, level := d.compacted[:0], 0, 0
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '"':
			for i++; object[i] != '"'; i++ {
				if object[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			level++
			deepest = max(deepest, level)
		case '}', ']':
			level--
		case ' ', '\t', '\n', '\r':
			out = append(out, object[from:i]...)
			from = i + 1
		}
	}
	if from == 0 {
		return object, deepest
	}
	d.compacted = append(out, object[from:]...)
	return d.compacted, deepest
}

// unquoted returns the text of a valid JSON string, as a part of it where it
// has no escapes.
func unquoted(quoted jsontext.Value) ([]byte, error) {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1], nil
	}
	return jsontext.AppendUnquote(nil, quoted)
}

// recurring is the last of some texts of which many are the same, as those of
// one producer's events are.
type recurring struct{ last string }

func (r *recurring) text(b []byte) string {
	if string(b) != r.last {
		r.last = string(b)
	}
	return r.last
}
