package main

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// eventForm is an event of about 330 bytes as stored. It has its number and the time
// at which it was due, both of a fixed width: a sender writes them in place, and a
// receiver finds them without parsing. They are strings, since JSON's numbers are
// too short for them.
const eventForm = `{"type":"` + eventType + `","timestamp":"%s","source":"face_pipeline","camera_id":"lobby-cam-1",` +
	`"data":{"identity_id":"id-%06d","label":"Alice Smith","similarity":0.91,"watchlist":"default","bbox":[412,188,96,128],` +
	`"quality":0.87,"zone":"lobby",` +
	numberMark + `000000000",` + sentMark + `0000000000000000000"}}`

const (
	eventType   = "face_matched"
	numberMark  = `"n":"`
	sentMark    = `"sent":"`
	numberWidth = 9
	sentWidth   = 19 // nanoseconds since 1970
)

// newEvent makes an event's JSON, with zeros as number and time.
func newEvent() []byte {
	return fmt.Appendf(nil, eventForm, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), 4711)
}

// stampNumber and stampSent write into an event's JSON.
func stampNumber(event []byte, n int) {
	at := bytes.Index(event, []byte(numberMark)) + len(numberMark)
	digits(event[at:at+numberWidth], int64(n))
}

func stampSent(event []byte, at time.Time) {
	from := bytes.Index(event, []byte(sentMark)) + len(sentMark)
	digits(event[from:from+sentWidth], at.UnixNano())
}

func digits(into []byte, n int64) {
	for i := len(into) - 1; i >= 0; i-- {
		into[i] = byte('0' + n%10)
		n /= 10
	}
}

// readStamp returns an event's number and time; false if it has none.
func readStamp(event []byte) (n int, sent int64, ok bool) {
	at := bytes.Index(event, []byte(numberMark))
	from := bytes.Index(event, []byte(sentMark))
	if at < 0 || from < 0 || len(event) < at+len(numberMark)+numberWidth || len(event) < from+len(sentMark)+sentWidth {
		return 0, 0, false
	}
	n, err := strconv.Atoi(string(event[at+len(numberMark):][:numberWidth]))
	if err != nil {
		return 0, 0, false
	}
	sent, err = strconv.ParseInt(string(event[from+len(sentMark):][:sentWidth]), 10, 64)
	return n, sent, err == nil
}
