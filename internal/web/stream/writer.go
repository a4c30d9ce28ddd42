package stream

import (
	"net"
	"strconv"
	"sync"
	"time"

	"postern/internal/event"
)

// A message of a stream is one JSON object, the same in every encoding: an
// event with its sequence number before the other fields, or a message about
// the stream itself.
//
//	{"seq":8,"id":"evt_…","type":"face_matched",…}
//	{"seq":8,"heartbeat":true}
//	{"seq":508,"missed":500}
//	{"seq":8,"end":"Postern is stopping. …"}

// messageKind is an event, or a kind of message about the stream.
type messageKind int

const (
	eventMessage messageKind = iota
	heartbeatMessage
	missedMessage
	endMessage
	laterMessage // an end after which an early reconnect is useless
)

// Encoding appends a message to b. The message's JSON is in two parts, so that
// the JSON of an event, which was made when the event arrived, is copied only
// once.
type Encoding func(b []byte, kind messageKind, seq int64, head, tail []byte) []byte

// writer writes a stream's messages. It buffers them until flush, or until the
// buffer is full: many messages make one write.
type writer struct {
	conn     net.Conn
	timeout  time.Duration // of each write
	maxWrite int           // bytes in one write
	chunked  bool          // each write is a chunk of an HTTP body
	encode   Encoding

	head   [32]byte
	buffer *[]byte   // nil while empty
	armed  time.Time // when the write deadline was set
	failed bool
}

// bufferBytes is the size at which the buffer is written.
const bufferBytes = 16 << 10

// buffers are shared, since most streams write nothing most of the time.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, bufferBytes/4); return &b }}

// event sends an event.
func (w *writer) event(e *event.Event) error {
	return w.send(eventMessage, e.Seq, e.JSON()[1:]) // without its own opening brace
}

// missed sends that n events of the log, through seq, are missing.
func (w *writer) missed(seq, n int64) {
	b := strconv.AppendInt([]byte(`"missed":`), n, 10)
	_ = w.send(missedMessage, seq, append(b, '}')) // the next flush fails too
}

var heartbeatTail = []byte(`"heartbeat":true}`)

// heartbeat sends that the stream is alive and has read through seq.
func (w *writer) heartbeat(seq int64) error {
	if err := w.send(heartbeatMessage, seq, heartbeatTail); err != nil {
		return err
	}
	return w.flush()
}

// end sends the end message. It doesn't report whether the message arrived.
func (w *writer) end(seq int64, why string) { w.endAs(endMessage, seq, why) }

// endBeyond ends a stream that can't start at its client's position.
func (w *writer) endBeyond(from Start) {
	w.endAs(laterMessage, from.After, "The start position is after the newest event, which has this seq. "+
		"The position belongs to another store, such as the one before a restore. "+
		"Begin again by time with since to miss nothing, or go on after this seq.")
}

func (w *writer) endAs(kind messageKind, seq int64, why string) {
	b := strconv.AppendQuote([]byte(`"end":`), why)
	if w.send(kind, seq, append(b, '}')) == nil {
		_ = w.flush()
	}
}

// send buffers a message: seq, and the rest of its JSON.
func (w *writer) send(kind messageKind, seq int64, tail []byte) error {
	if w.buffer == nil {
		w.buffer = buffers.Get().(*[]byte)
		if w.chunked {
			*w.buffer = append(*w.buffer, chunkRoom...)
		}
	}
	head := append(strconv.AppendInt(append(w.head[:0], `{"seq":`...), seq, 10), ',')
	*w.buffer = w.encode(*w.buffer, kind, seq, head, tail)
	if len(*w.buffer) < bufferBytes {
		return nil
	}
	return w.flush()
}

// chunkRoom is space for a chunk's length. Leading zeros are allowed.
const chunkRoom = "00000000\r\n"

// flush writes the buffer.
func (w *writer) flush() error {
	if w.buffer == nil {
		return nil
	}
	b := *w.buffer
	if w.chunked {
		for at, n := 7, len(b)-len(chunkRoom); n > 0; at, n = at-1, n>>4 {
			b[at] = "0123456789abcdef"[n&15]
		}
		b = append(b, "\r\n"...)
	}
	err := w.write(b)
	if cap(b) <= 4*bufferBytes {
		*w.buffer = b[:0]
		buffers.Put(w.buffer)
	}
	w.buffer = nil
	return err
}

// finish ends the body, so that the client knows that it is complete.
func (w *writer) finish() {
	if w.chunked && !w.failed {
		_ = w.write([]byte("0\r\n\r\n"))
	}
}

func (w *writer) write(b []byte) error {
	for len(b) > 0 {
		w.arm()
		n, err := w.conn.Write(b[:min(len(b), w.maxWrite)])
		if err != nil {
			w.failed = true
			return errCut
		}
		b = b[n:]
	}
	return nil
}

// arm sets the write deadline. It keeps a recent deadline, since moving the
// runtime's timer for every message is expensive.
func (w *writer) arm() {
	if now := time.Now(); now.Sub(w.armed) > w.timeout/64 {
		w.armed = now
		_ = w.conn.SetWriteDeadline(now.Add(w.timeout))
	}
}
