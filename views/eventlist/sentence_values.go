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

// text returns a string field, tidied. A number counts as an id without quotes. Other
// values give an empty text.
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

// score returns a score with its name: "similarity 91 %". A score below 1 is never
// rounded up to 100 %, which would claim a certainty that nothing measured. A value
// that is no share of 1 is shown as it is.
func (w *writer) score(name string) string {
	v, ok := w.float(name)
	switch {
	case !ok || math.Abs(v) >= 1e9:
		return ""
	case v > 0.99 && v < 1:
		return name + " 99 %"
	case v >= 0 && v <= 1:
		return name + " " + strconv.FormatFloat(v*100, 'f', 0, 64) + " %"
	}
	return name + " " + strconv.FormatFloat(v, 'f', -1, 64)
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

// spaced turns a code into words: "screen_replay" into "screen replay".
func spaced(code string) string { return strings.ReplaceAll(code, "_", " ") }
