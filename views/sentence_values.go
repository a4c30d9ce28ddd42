package views

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// value returns a field's JSON, or nil.
func (w *writer) value(name string) []byte {
	for _, f := range w.fields {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// text returns a string field, tidied. A number is taken for an id that a
// producer forgot to quote; anything else is no text.
func (w *writer) text(name string) string {
	for _, f := range w.fields {
		if f.Name == name && (f.Value.Kind() == '"' || f.Value.Kind() == '0') {
			return tidy(f.Text())
		}
	}
	return ""
}

func (w *writer) float(name string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.Trim(string(w.value(name)), `"`), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// number returns a score with two decimals. 0.999 is cut, not rounded to a
// certainty that nobody measured.
func (w *writer) number(name string) string {
	v, ok := w.float(name)
	switch {
	case !ok || math.Abs(v) >= 1e9:
		return ""
	case v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', -1, 64)
	case v > 0.99 && v < 1:
		return "0.99"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func (w *writer) count(name string) string {
	v, ok := w.float(name)
	if !ok || v < 0 || v >= 1e15 || v != math.Trunc(v) {
		return ""
	}
	return Count(int64(v))
}

func (w *writer) seconds(name string) string {
	v, ok := w.float(name)
	if !ok || v < 0 || v > 1e9 {
		return ""
	}
	return Span(time.Duration(v * float64(time.Second)))
}

// tidy makes one readable line of a producer's text: white space and control
// characters become single spaces, characters that reorder the text around
// them go, and what is too long is cut with an ellipsis.
func tidy(s string) string {
	if len(s) > 4*maxValueRunes*utf8.UTFMax {
		s = s[:4*maxValueRunes*utf8.UTFMax]
	}
	var b strings.Builder
	space, n := false, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = n > 0
			continue
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0xFEFF:
			continue
		}
		if n >= maxValueRunes {
			b.WriteRune('…')
			break
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// words turns a code into words: "screen_replay" into "screen replay".
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
