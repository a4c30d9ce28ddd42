package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// ParseTime reads an RFC 3339 time with any offset, to the microsecond. A
// finer one is cut, not rounded. Years are 0001 to 9999.
func ParseTime(s string) (time.Time, error) {
	// RFC 3339 (5.6) lets T and Z be written small.
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time; write it as 2026-03-19T10:32:15+00:00", clip(s, 40))
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("is outside the years 1 to 9999")
	}
	return t, nil
}

const nameRule = "must be 1 to 128 characters without control characters"

// ValidName reports whether s can name a source or a camera.
func ValidName(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > MaxNameLength {
		return false
	}
	return strings.IndexFunc(s, unicode.IsControl) < 0
}

// compact returns a copy of an object without insignificant white space and
// with nothing else changed.
func compact(value jsontext.Value) []byte {
	c := jsontext.Value(bytes.Clone(value))
	// The value was read by a strict decoder; compacting it can't fail.
	_ = c.Compact(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false), jsontext.PreserveRawStrings(true))
	return c
}

// SyntaxError turns what the JSON reader says into an InvalidError with the
// place in the body, in bytes.
func SyntaxError(err error) *InvalidError {
	return &InvalidError{Detail: "The body is " + syntaxReason(err) + "."}
}

// syntaxReason is what the JSON reader says as the end of a sentence.
func syntaxReason(err error) string {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax) && errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("not valid JSON at byte %d: it ends in the middle of a value", syntax.ByteOffset)
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON at byte %d: %s", syntax.ByteOffset, strings.TrimPrefix(syntax.Err.Error(), "jsontext: "))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "not valid JSON: it ends in the middle of a value"
	default:
		return "not valid JSON: " + err.Error()
	}
}

// kindWord names a JSON kind in a sentence.
func kindWord(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "an array"
	case '{':
		return "an object"
	default:
		return "not a JSON value"
	}
}
