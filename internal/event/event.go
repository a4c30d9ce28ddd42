package event

import (
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/problem"
	"postern/internal/snapshot"
)

// Limits of events that are accepted, from the API's contract.
const (
	MaxEventBytes   = 256 << 10 // one event's JSON as sent
	MaxBatchEvents  = 10_000    // events in one request
	MaxNameLength   = 128       // characters of a source or a camera id
	MaxDataDepth    = 100       // levels of data; many receivers' readers end at 1000
	MaxRequestBytes = 16 << 20  // one request's body
)

// OwnSource is the source of Postern's own events. No producer may use it.
const OwnSource = "postern"

// ErrConflict says that an id is taken by an event of other content.
var ErrConflict = &problem.Error{
	Code:   problem.Conflict,
	Detail: "An id is taken by an event with other content. Nothing of the request was accepted.",
	Cause:  errors.New("id is taken by another event"),
}

// ErrNotFound says that no event has the id: it never did, or retention has
// removed it.
var ErrNotFound = problem.New(problem.NotFound, "There is no event with this id. It may have been removed by retention.")

// Event is one fact from a camera or a module. After Finalize it is read-only,
// and all readers share it: the ring, pages, sockets and deliveries.
type Event struct {
	// Seq is the event's position in the log, from 1, without gaps. It is zero
	// until the event is committed, and stays zero in a duplicate.
	Seq int64
	// ID is unique in the store: 1 to 128 of A-Z a-z 0-9 . _ : -.
	ID   string
	Type Type
	// Time is the time of the event as its producer says, in UTC, to the
	// microsecond.
	Time time.Time
	// Received is when Postern accepted the event, to the microsecond. It never
	// decreases with Seq, even if the clock is set back.
	Received time.Time
	// CommitTook is the time from Received to the commit; zero where it isn't known,
	// as for an event that was read from the log.
	CommitTook time.Duration
	// Source is the module that produced it.
	Source string
	// Camera is the camera's id; empty means null.
	Camera string
	// Data is a JSON object without insignificant white space, otherwise as
	// its producer wrote it: order, escapes and the digits of numbers stay.
	Data []byte

	// Stamped says that the producer gave no time, so that Time is the time of
	// arrival. Such an event, sent again, is a duplicate although its time
	// differs.
	Stamped bool
	// Erased is when the event's data was erased; zero where it wasn't. Data
	// then says the same and nothing else.
	Erased time.Time

	// ProducerID is the id that the producer gave, if the log gave the event
	// another one because another producer's event has that id.
	ProducerID string
	// Renamed says that it was this log which gave the other id; an event that
	// another Postern forwards has its ProducerID from there.
	Renamed bool
	// Site names the Postern that the event comes from, as the key is bound to
	// that forwarded it: "hall-b", or "north/hall-b" where it came by way of
	// another. Empty for the events of this site.
	Site string
	// Snapshot is the image that the producer sent along; nil for none.
	Snapshot *snapshot.Info

	// Silence is the number of the silence that was active when the event arrived;
	// zero for none.
	Silence int64

	forwardedID string // the ProducerID before Rename
	json        []byte
}

// Own reports whether the event is this Postern's own announcement, and not
// one of another site's.
func (e *Event) Own() bool { return e.Source == OwnSource && e.Site == "" }

// SentID returns the id that the event was sent with.
func (e *Event) SentID() string {
	if e.Renamed {
		return e.ProducerID
	}
	return e.ID
}

// AsSent returns the event as its producer may send it: with its own id and
// without what Postern has added.
func (e *Event) AsSent() *Event {
	if e.ProducerID == "" && e.Site == "" {
		return e
	}
	sent := &Event{ID: e.ID, Type: e.Type, Time: e.Time, Source: e.Source, Camera: e.Camera, Data: e.Data}
	if e.ProducerID != "" {
		sent.ID = e.ProducerID
	}
	sent.Finalize()
	return sent
}

// Rename gives the event another id, since its own is taken by another
// producer's event. Only the log does so, before it keeps the event.
func (e *Event) Rename(id string) {
	e.forwardedID, e.ProducerID, e.ID, e.Renamed = e.ProducerID, e.ID, id, true
	e.Finalize()
}

// UndoRename restores the id that the event was sent with.
func (e *Event) UndoRename() {
	if e.Renamed {
		e.ID, e.ProducerID, e.Renamed = e.ProducerID, e.forwardedID, false
		e.Finalize()
	}
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

// Finalize encodes the event's JSON and points Data into it, so that an event in
// memory has its data once. Call it when all fields except Seq and Received are
// final.
func (e *Event) Finalize() {
	var at, end int
	e.json, at, end = e.encode("")
	e.Data = e.json[at:end:end]
}

// JSONWithLinks returns the event's JSON with links that begin with base, such as
// https://postern.example. JSON has links without a host.
func (e *Event) JSONWithLinks(base string) []byte {
	if base == "" || !e.HasSnapshot() {
		return e.json
	}
	b, _, _ := e.encode(base)
	return b
}

// encode returns the event's JSON, and where its data begins and ends.
func (e *Event) encode(base string) (b []byte, at, end int) {
	b = make([]byte, 0, len(e.Data)+len(e.ID)+len(e.Source)+len(e.Camera)+120) // and a little more where quoting takes it
	b = append(b, `{"id":"`...)
	b = append(b, e.ID...)
	b = append(b, `","type":"`...)
	b = append(b, e.Type.String()...)
	b = append(b, `","timestamp":"`...)
	b = AppendTime(b, e.Time)
	b = append(b, `","source":`...)
	b = appendString(b, e.Source)
	b = append(b, `,"data":`...)
	at = len(b)
	b = append(b, e.Data...)
	end = len(b)
	b = append(b, `,"camera_id":`...)
	if e.Camera == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, e.Camera)
	}
	if e.ProducerID != "" {
		b = append(append(append(b, `,"producer_id":"`...), e.ProducerID...), '"')
	}
	if e.Site != "" {
		b = appendString(append(b, `,"site":`...), e.Site)
	}
	if e.HasSnapshot() {
		b = e.appendSnapshot(b, base)
	}
	return append(b, '}'), at, end
}

// JSON returns the event in the reference's form, as the API answers it and
// deliveries send it. The caller must not change it.
func (e *Event) JSON() []byte { return e.json }

// HasSnapshot reports whether the event has a snapshot that wasn't removed.
func (e *Event) HasSnapshot() bool { return e.Snapshot != nil && !e.Snapshot.Removed }

// SnapshotPath returns where the API answers the event's snapshot.
func (e *Event) SnapshotPath() string { return "/api/v1/events/" + e.ID + "/snapshot" }

// WithSnapshot returns the event with another snapshot.
func (e *Event) WithSnapshot(s *snapshot.Info) *Event {
	other := *e
	other.Snapshot = s
	other.Finalize()
	return &other
}

// appendSnapshot appends the member that links the snapshot. An id has no character
// that means anything in a URL or in JSON.
func (e *Event) appendSnapshot(b []byte, base string) []byte {
	b = append(append(b, `,"snapshot":{"url":"`...), base...)
	b = append(append(b, e.SnapshotPath()...), `","type":"`...)
	b = append(append(b, e.Snapshot.Format.MediaType()...), `","width":`...)
	b = append(strconv.AppendInt(b, int64(e.Snapshot.Width), 10), `,"height":`...)
	return append(strconv.AppendInt(b, int64(e.Snapshot.Height), 10), '}')
}

// eventOverhead is the approximate memory of an event without its JSON.
const eventOverhead = 480

// Size returns the approximate memory of a finalized event in bytes.
func (e *Event) Size() int64 { return int64(len(e.json)) + eventOverhead }

func appendString(b []byte, s string) []byte {
	// The strings were checked on their way in; quoting them can't fail.
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// Batch has the events of one request. The log stores all of them or none.
type Batch struct {
	Events []*Event
	// Producer is the producer of the events. Duplicates are found among the events
	// of one producer. It is empty for a request without a key, and for Postern
	// itself.
	Producer string
	// Snapshot is the snapshot of the batch's only event; nil for none. A duplicate
	// doesn't get it.
	Snapshot *snapshot.Stored
	// Duplicates counts the events that the log already held of this producer.
	// Set by the log; these events' Seq stays zero.
	Duplicates int
	// Echoes counts the events that another Postern forwarded although the log
	// had them already from elsewhere. Set by the log; their Seq stays zero.
	Echoes int
	// Err is why the batch was refused, if it was: an error that wraps
	// ErrConflict. Set by the log.
	Err error
}

// FromMicro returns the UTC time of a number of Unix microseconds.
func FromMicro(us int64) time.Time { return time.UnixMicro(us).UTC() }
