package ui

import "strings"

// ShortURL is a webhook's host and the start of its path, for the browser's tab. The
// rest may be a secret, and browsers keep the titles of tabs.
func ShortURL(raw string) string {
	host, path := SplitURL(raw)
	path, _, _ = strings.Cut(path, "?")
	if first, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/"); more && rest != "" {
		path = "/" + first + "/…"
	}
	return Clip(host+strings.TrimSuffix(path, "/"), 60)
}

// Clip cuts a text to a number of characters.
func Clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
