package event

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// nameRule is the rule of ValidName, as the end of a sentence.
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
