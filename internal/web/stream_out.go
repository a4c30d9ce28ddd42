package web

import (
	"net"
	"strconv"
	"sync"
	"time"

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
	laterMessage // an end after which an early reconnect is useless
)

// encoding appends a message to b. The message's JSON comes in two parts, so
// that an event's own, which was made when it arrived, is copied only once: to
// where it is written from.
type encoding func(b []byte, kind messageKind, seq int64, head, tail []byte) []byte

// streamOut writes a stream's messages. What was sent waits until it is
// flushed, or there is a good deal of it: many messages make one write.
type streamOut struct {
	conn     net.Conn
	patience time.Duration // for each piece
	piece    int           // bytes that are written at once, at most
	chunked  bool          // each write is a chunk of an HTTP body
	encode   encoding

	head   [32]byte
	buffer *[]byte   // what waits; nil for nothing
	armed  time.Time // when the write deadline was set
	failed bool
}

// streamPieceBytes is how much waits for the others of a burst.
const streamPieceBytes = 16 << 10

// streamBuffers are shared, since most streams write nothing most of the time.
var streamBuffers = sync.Pool{New: func() any { b := make([]byte, 0, streamPieceBytes/4); return &b }}

// event sends an event.
func (o *streamOut) event(e *event.Event) error {
	return o.send(eventMessage, e.Seq, e.JSON()[1:]) // without its own opening brace
}

// missed says that n events of the log, through seq, are gone.
func (o *streamOut) missed(seq, n int64) {
	b := strconv.AppendInt([]byte(`"missed":`), n, 10)
	_ = o.send(missedMessage, seq, append(b, '}')) // the flush that follows finds it out too
}

var heartbeatTail = []byte(`"heartbeat":true}`)

// heartbeat says that the stream lives, and has read through seq.
func (o *streamOut) heartbeat(seq int64) error {
	if err := o.send(heartbeatMessage, seq, heartbeatTail); err != nil {
		return err
	}
	return o.flush()
}

// end sends the last words. Whether they arrive is not known.
func (o *streamOut) end(seq int64, why string) { o.endAs(endMessage, seq, why) }

// endBeyond ends a stream that can't start at its client's position.
func (o *streamOut) endBeyond(from place) {
	o.endAs(laterMessage, from.after, "The start position is after the newest event, which has this seq. The position belongs to another store, such as the one before a restore. "+
		"Begin again by time with since to miss nothing, or go on after this seq.")
}

func (o *streamOut) endAs(kind messageKind, seq int64, why string) {
	b := strconv.AppendQuote([]byte(`"end":`), why)
	if o.send(kind, seq, append(b, '}')) == nil {
		_ = o.flush()
	}
}

// send adds a message with the number seq and what follows that in its JSON.
func (o *streamOut) send(kind messageKind, seq int64, tail []byte) error {
	if o.buffer == nil {
		o.buffer = streamBuffers.Get().(*[]byte)
		if o.chunked {
			*o.buffer = append(*o.buffer, chunkRoom...)
		}
	}
	head := append(strconv.AppendInt(append(o.head[:0], `{"seq":`...), seq, 10), ',')
	*o.buffer = o.encode(*o.buffer, kind, seq, head, tail)
	if len(*o.buffer) < streamPieceBytes {
		return nil
	}
	return o.flush()
}

// chunkRoom is where a chunk's length goes: leading zeros are allowed.
const chunkRoom = "00000000\r\n"

// flush writes what waits.
func (o *streamOut) flush() error {
	if o.buffer == nil {
		return nil
	}
	b := *o.buffer
	if o.chunked {
		for at, n := 7, len(b)-len(chunkRoom); n > 0; at, n = at-1, n>>4 {
			b[at] = "0123456789abcdef"[n&15]
		}
		b = append(b, "\r\n"...)
	}
	err := o.write(b)
	if cap(b) <= 4*streamPieceBytes {
		*o.buffer = b[:0]
		streamBuffers.Put(o.buffer)
	}
	o.buffer = nil
	return err
}

// finish ends the body, so that the client knows that it has all of it.
func (o *streamOut) finish() {
	if o.chunked && !o.failed {
		_ = o.write([]byte("0\r\n\r\n"))
	}
}

func (o *streamOut) write(b []byte) error {
	for len(b) > 0 {
		o.arm()
		n, err := o.conn.Write(b[:min(len(b), o.piece)])
		if err != nil {
			o.failed = true
			return errStreamCut
		}
		b = b[n:]
	}
	return nil
}

// arm bounds the next write. A deadline that was set a moment ago still does,
// and the runtime needn't move its timer for every message.
func (o *streamOut) arm() {
	if now := time.Now(); now.Sub(o.armed) > o.patience/64 {
		o.armed = now
		_ = o.conn.SetWriteDeadline(now.Add(o.patience))
	}
}
