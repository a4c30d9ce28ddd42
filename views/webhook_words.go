package views

import (
	"strings"

	"postern/internal/event"
)

// detailOf is what a failed attempt left to read: the receiver's own words
// where it had any.
func detailOf(a Attempt) string {
	if a.OK {
		return ""
	}
	if a.Response != "" {
		return a.Response
	}
	return a.Detail
}

// typesInFull names every type.
func typesInFull(s event.TypeSet) string {
	if s&event.AllTypes != 0 {
		return "All events"
	}
	var names []string
	for _, t := range s.Each() {
		name := t.Info().Words
		if len(names) > 0 {
			name = lowerFirst(name)
		}
		names = append(names, name)
	}
	return list(names)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
