package eventlist

import (
	"math"
	"strconv"
	"strings"
	"time"

	"postern/views/ui"
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
			return ui.Tidy(f.Text())
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
	return ui.Count(int64(v))
}

func (w *writer) seconds(name string) string {
	v, ok := w.float(name)
	if !ok || v < 0 || v > 1e9 {
		return ""
	}
	return ui.Span(time.Duration(v * float64(time.Second)))
}

// text turns a code into words: "screen_replay" into "screen replay".
func spaced(code string) string { return strings.ReplaceAll(code, "_", " ") }
