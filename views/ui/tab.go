package ui

import (
	"strings"
	"time"

	"postern/internal/event"
)

// ShortURL is a webhook's host and the start of its path, for the browser's tab. The
// rest may be a secret, and browsers keep the titles of tabs.
func ShortURL(raw string) string {
	host, path := SplitURL(raw)
	path, _, _ = strings.Cut(path, "?")
	if first, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/"); more && rest != "" {
		path = "/" + first + "/…"
	}
	return clipRunes(host+strings.TrimSuffix(path, "/"), 60)
}

// EventTab describes an event in the browser's tab, without a person's name, because
// browsers keep the titles of tabs.
func EventTab(e *event.Event, in *time.Location) string {
	words := strings.ToLower(e.Type.Info().Words)
	if e.Camera != "" {
		words += " at " + clipRunes(Tidy(e.Camera), 40)
	}
	return words + ", " + e.Time.In(in).Format("15:04:05")
}

func clipRunes(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
