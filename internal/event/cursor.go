package event

import (
	"encoding/base64"
	"strconv"
	"strings"

	"postern/internal/problem"
)

// ErrCursor says that a cursor isn't one that Postern made for this list.
var ErrCursor = &problem.Error{
	Code: problem.Invalid,
	Detail: "The cursor is not one that Postern made, or belongs to another order. Take it from the Link header of the page before, " +
		"or leave it out to start anew.",
	Fields: []problem.Field{{Field: "cursor", Message: "This is not a cursor of this list."}},
}

// A cursor as text is the order's letter and the sequence number to go on from. It
// is in base64 to say that clients must not compute with it.

// FormatCursor returns a Query's cursor as text for a URL.
func FormatCursor(seq int64, ascending bool) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt([]byte(orderLetter(ascending)), seq, 10))
}

// ParseCursor parses a cursor that FormatCursor has returned for the same order.
// It accepts no other spelling.
func ParseCursor(s string, ascending bool) (seq int64, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, false
	}
	digits, ok := strings.CutPrefix(string(b), orderLetter(ascending))
	if !ok {
		return 0, false
	}
	seq, err = strconv.ParseInt(digits, 10, 64)
	if err != nil || seq < 1 || FormatCursor(seq, ascending) != s {
		return 0, false
	}
	return seq, true
}

func orderLetter(ascending bool) string {
	if ascending {
		return "a"
	}
	return "d"
}
