package ui

import (
	"strings"
	"time"

	"postern/internal/event"
)

// ShortURL is a webhook's address as it tells webhooks apart in a browser's tab:
// its host and the beginning of its path. What follows may be a secret, and
// browsers keep what stands in a tab.
func ShortURL(raw string) string {
	host, path := SplitURL(raw)
	path, _, _ = strings.Cut(path, "?")
	if first, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/"); more && rest != "" {
		path = "/" + first + "/…"
	}
	return clipRunes(host+strings.TrimSuffix(path, "/"), 60)
}

// EventTab tells an event apart in a browser's tab, with no person's name:
// browsers keep it.
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
