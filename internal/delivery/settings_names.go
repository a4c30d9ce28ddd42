package delivery

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of an endpoint's name, description and labels, in characters.
const (
	MaxNameLength        = 80
	MaxDescriptionLength = 500
	MaxLabels            = 10
	MaxLabelLength       = 40
)

// validateNames checks the settings that tell webhooks apart. A label has no comma,
// since forms and queries separate labels by commas.
func (s *Settings) validateNames(fail failFunc) {
	if s.Name = strings.TrimSpace(s.Name); badText(s.Name, MaxNameLength, "") {
		fail("name", "The name must have at most %d characters, without control characters.", MaxNameLength)
	}
	s.Description = strings.TrimSpace(strings.ReplaceAll(s.Description, "\r\n", "\n"))
	if badText(s.Description, MaxDescriptionLength, "\n") {
		fail("description", "The description must have at most %d characters, without control characters other than line feeds.",
			MaxDescriptionLength)
	}
	labels := make([]string, 0, min(len(s.Labels), MaxLabels+1))
	for _, label := range s.Labels {
		label = strings.TrimSpace(label)
		if label == "" || badText(label, MaxLabelLength, "") || strings.Contains(label, ",") {
			fail("labels", "Each label must have 1 to %d characters, without commas and control characters.", MaxLabelLength)
			return
		}
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
		if len(labels) > MaxLabels {
			fail("labels", "A webhook can have at most %d labels.", MaxLabels)
			return
		}
	}
	if s.Labels = labels; len(labels) == 0 {
		s.Labels = nil
	}
}

// badText reports whether a text is too long, isn't UTF-8, or has a control character
// that isn't among the allowed ones.
func badText(text string, most int, allowed string) bool {
	return !utf8.ValidString(text) || utf8.RuneCountInString(text) > most ||
		strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) })
}
