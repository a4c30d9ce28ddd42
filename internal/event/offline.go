package event

import (
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// offlineFields are the fields of data in which producers report a fault.
var offlineFields = []string{"code", "error", "error_code", "event", "status", "state", "reason", "message", "description", "detail"}

// offlinePhrases say that a camera gives no picture. They are compared with
// texts in lower case, with a blank for every run of other signs.
var offlinePhrases = []string{
	"offline", "disconnected", "unreachable", "not reachable", "not responding", "no response",
	"stream lost", "lost stream", "connection lost", "lost connection", "signal lost", "lost signal", "video lost",
	"video loss", "signal loss",
	"no frames", "no signal", "no stream", "no video", "no connection",
	"connection refused", "connection failed", "connection timeout", "connection timed out", "rtsp timeout",
	"camera down", "camera lost", "camera timeout", "camera unavailable",
}

// offlineHint is in every report that a camera is offline; most other faults are
// told by it without being read. Larger reports than maxReportBytes aren't read.
var offlineHint = regexp.MustCompile(`(?i)offline|online|connect|reach|respon|stream|signal|video|frames|camera|rtsp`)

const maxReportBytes = 16 << 10

// SaysOffline reports whether a camera's system_error says that the camera
// gives no picture any more: by a word for that in one of the fields in which
// producers name errors, at the top or within "error", or by "online": false
// and the like. Other faults of a camera, such as a queue that is full, say
// nothing of the kind.
func (e *Event) SaysOffline() bool {
	if e.Type != SystemError || e.Camera == "" || len(e.Data) > maxReportBytes || !offlineHint.Match(e.Data) {
		return false
	}
	return saysOffline(e.Fields(), true)
}

func saysOffline(fields []Field, within bool) bool {
	return slices.ContainsFunc(fields, func(f Field) bool {
		name := strings.ToLower(f.Name)
		switch f.Value.Kind() {
		case 'f':
			return name == "online" || name == "connected" || name == "reachable"
		case 't':
			return name == "offline" || name == "disconnected" || name == "unreachable"
		case '"':
			var text string
			return slices.Contains(offlineFields, name) && json.Unmarshal(f.Value, &text) == nil && offlineText(text)
		case '{':
			inner := &Event{Data: f.Value}
			return within && name == "error" && saysOffline(inner.Fields(), false)
		}
		return false
	})
}

// offlineText looks for a phrase in the first part of a text.
func offlineText(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(clip(text, 1000)), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	plain := " " + strings.Join(words, " ") + " "
	return slices.ContainsFunc(offlinePhrases, func(phrase string) bool { return strings.Contains(plain, " "+phrase+" ") })
}
