package web

import (
	"strconv"

	"postern/internal/event"
)

// A message of a stream is one JSON object, the same in every encoding: an
// event with its sequence number before the reference's fields, or a word
// about the stream itself.
//
//	{"seq":8,"id":"evt_…","type":"face_matched",…}
//	{"seq":8,"heartbeat":true}
//	{"seq":508,"missed":500}
//	{"seq":8,"end":"Postern is stopping. …"}

// messageKind tells an event from what is about the stream.
type messageKind int

const (
	eventMessage messageKind = iota
	heartbeatMessage
	missedMessage
	endMessage
)

// streamSink is an encoding of messages on a connection. What was sent may
// wait in the sink until it is flushed.
type streamSink interface {
	send(kind messageKind, seq int64, json []byte) error
	flush() error
}

// streamOut writes a stream's messages.
type streamOut struct {
	sink    streamSink
	scratch []byte
}

// event sends an event. Its JSON was made when it arrived, for all readers.
func (o *streamOut) event(e *event.Event) error {
	b := append(o.begin(e.Seq), ',')
	b = append(b, e.JSON()[1:]...) // without its own opening brace
	return o.send(eventMessage, e.Seq, b)
}

// missed says that n events of the log, through seq, are gone.
func (o *streamOut) missed(seq, n int64) {
	b := append(o.begin(seq), `,"missed":`...)
	b = append(strconv.AppendInt(b, n, 10), '}')
	_ = o.send(missedMessage, seq, b) // the flush that follows finds it out too
}

// heartbeat says that the stream lives, and has read through seq.
func (o *streamOut) heartbeat(seq int64) error {
	b := append(o.begin(seq), `,"heartbeat":true}`...)
	if err := o.send(heartbeatMessage, seq, b); err != nil {
		return err
	}
	return o.flush()
}

// end sends the last words. Whether they arrive is not known.
func (o *streamOut) end(seq int64, why string) {
	b := append(o.begin(seq), `,"end":`...)
	b = append(strconv.AppendQuote(b, why), '}')
	if o.send(endMessage, seq, b) == nil {
		_ = o.flush()
	}
}

func (o *streamOut) begin(seq int64) []byte {
	return strconv.AppendInt(append(o.scratch[:0], `{"seq":`...), seq, 10)
}

// maxScratch is how much an idle stream keeps for its next message.
const maxScratch = 4 << 10

func (o *streamOut) send(kind messageKind, seq int64, json []byte) error {
	if o.scratch = json[:0]; cap(o.scratch) > maxScratch {
		o.scratch = nil
	}
	return o.sink.send(kind, seq, json)
}

func (o *streamOut) flush() error { return o.sink.flush() }
