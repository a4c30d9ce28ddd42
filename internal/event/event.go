package event

import (
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits on what is accepted, from the API's contract.
const (
	MaxEventBytes   = 256 << 10 // one event's JSON as sent
	MaxBatchEvents  = 10_000    // events in one request
	MaxNameLength   = 128       // characters of a source or a camera id
	MaxDataDepth    = 100       // levels of data; many receivers' readers end at 1000
	MaxRequestBytes = 16 << 20  // one request's body
)

// OwnSource is the source of Postern's own events. Nobody else's may have it.
const OwnSource = "postern"

// ErrConflict says that an id is taken by an event of other content.
var ErrConflict = errors.New("id is taken by another event")

// ErrNotFound says that no event has the id: it never did, or retention has
// removed it.
var ErrNotFound = errors.New("event not found")

// Event is one thing that happened. After Seal it is read-only, and shared by
// every reader: the ring, pages, sockets and deliveries.
type Event struct {
	// Seq is the event's place in the log, from 1, without gaps. Zero until
	// it is committed, and for good in a duplicate.
	Seq int64
	// ID is unique in the journal: 1 to 128 of A-Z a-z 0-9 . _ : -.
	ID   string
	Type Type
	// Time is when it happened as its producer says, in UTC, to the
	// microsecond.
	Time time.Time
	// Received is when Postern took it, to the microsecond. It never
	// decreases along Seq, whatever the clock does.
	Received time.Time
	// Source is the module that produced it.
	Source string
	// Camera is the camera's id; empty means null.
	Camera string
	// Data is a JSON object without insignificant white space, otherwise as
	// its producer wrote it: order, escapes and the digits of numbers stay.
	Data []byte

	// Stamped says that Time was not given but made on arrival. Such an
	// event sent again is a duplicate although its time differs.
	Stamped bool
	// Erased is when the event's data was erased; zero where it wasn't. Data
	// then says the same and nothing else.
	Erased time.Time

	json []byte
}

// AppendTime appends t in the reference's form: ISO 8601 UTC with +00:00, and
// microseconds only where there are any.
func AppendTime(b []byte, t time.Time) []byte {
	// The package time is quick about this layout, and slow about others.
	b = t.UTC().AppendFormat(b, time.RFC3339)
	b = b[:len(b)-len("Z")]
	if micros := t.Nanosecond() / 1000; micros != 0 {
		b = append(b, '.')
		for unit := 100_000; unit > 0; unit /= 10 {
			b = append(b, '0'+byte(micros/unit%10))
		}
	}
	return append(b, "+00:00"...)
}

// FormatTime returns t in the API's form.
func FormatTime(t time.Time) string { return string(AppendTime(nil, t)) }

// Seal fixes the event's JSON, once, and points Data into it, so that an
// event in memory holds its payload a single time. Call it when every field
// but Seq and Received is final.
func (e *Event) Seal() {
	b := make([]byte, 0, len(e.Data)+len(e.ID)+len(e.Source)+len(e.Camera)+120) // and a little more where quoting takes it
	b = append(b, `{"id":"`...)
	b = append(b, e.ID...)
	b = append(b, `","type":"`...)
	b = append(b, e.Type.String()...)
	b = append(b, `","timestamp":"`...)
	b = AppendTime(b, e.Time)
	b = append(b, `","source":`...)
	b = appendString(b, e.Source)
	b = append(b, `,"data":`...)
	at := len(b)
	b = append(b, e.Data...)
	end := len(b)
	b = append(b, `,"camera_id":`...)
	if e.Camera == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, e.Camera)
	}
	b = append(b, '}')
	e.json = b
	e.Data = b[at:end:end]
}

// JSON returns the event in the reference's form: what the API answers and
// what is signed and delivered. The caller must not change it.
func (e *Event) JSON() []byte { return e.json }

// eventOverhead is about what an event takes in memory beside its JSON.
const eventOverhead = 400

// Size returns about how many bytes an event takes in memory, once it is
// sealed.
func (e *Event) Size() int64 { return int64(len(e.json)) + eventOverhead }

func appendString(b []byte, s string) []byte {
	// The strings were checked on their way in; quoting them can't fail.
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// Batch is a request's events on their way into the log: all of them are
// kept, or none.
type Batch struct {
	Events []*Event
	// Duplicates counts the events that the log already held. Set by the
	// log; these events' Seq stays zero.
	Duplicates int
	// Err is why the batch was refused, if it was: an error that wraps
	// ErrConflict. Set by the log.
	Err error
}

// FromMicro returns the UTC time of a number of Unix microseconds.
func FromMicro(us int64) time.Time { return time.UnixMicro(us).UTC() }
