package cameras

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/cameras"
)

// Bounds of settings.
const (
	MinSilentAfter = time.Minute
	MaxSilentAfter = 30 * 24 * time.Hour
	// MaxExpectedInterval is the longest of which silentPauses fit into
	// MaxSilentAfter.
	MaxExpectedInterval = MaxSilentAfter / silentPauses
	// MaxText is the greatest length of a name, a site or a group, in characters.
	MaxText = 64
)

// CheckID says what is wrong with a camera's id, as an *problem.Error; nil when
// nothing is.
func CheckID(id string) error {
	if n := utf8.RuneCountInString(id); n < 1 || n > event.MaxNameLength || !utf8.ValidString(id) {
		return invalid(problem.Field{Field: "camera_id", Message: fmt.Sprintf("The camera_id must be 1 to %d characters.", event.MaxNameLength)})
	}
	return nil
}

// Check says what is wrong with a camera's settings, as an *problem.Error with all
// fields that are wrong; nil when nothing is.
func Check(to cameras.Settings) error {
	var wrong []problem.Field
	for _, text := range []struct{ field, value string }{{"name", to.Name}, {"site", to.Site}, {"group", to.Group}} {
		if message := textProblem(text.field, text.value); message != "" {
			wrong = append(wrong, problem.Field{Field: text.field, Message: message})
		}
	}
	if d := to.ExpectedInterval; d < 0 || d > MaxExpectedInterval || d%time.Second != 0 {
		wrong = append(wrong, problem.Field{Field: "expected_interval_seconds", Message: fmt.Sprintf(
			"The interval must be 1 to %d whole seconds, or null for the camera's usual pause.", MaxExpectedInterval/time.Second)})
	}
	if d := to.SilentAfter; d != nil && *d != 0 && (*d < MinSilentAfter || *d > MaxSilentAfter || *d%time.Second != 0) {
		wrong = append(wrong, problem.Field{Field: "silent_after_seconds", Message: fmt.Sprintf(
			"The time must be %d to %d whole seconds, 0 for a camera whose silence is not judged, or null for its usual pause.",
			MinSilentAfter/time.Second, MaxSilentAfter/time.Second)})
	}
	if len(wrong) > 0 {
		return invalid(wrong...)
	}
	return nil
}

// textProblem returns what is wrong with a name, a site or a group; empty for
// nothing.
func textProblem(field, text string) string {
	switch {
	case utf8.RuneCountInString(text) > MaxText || !utf8.ValidString(text):
		return fmt.Sprintf("The %s must have at most %d characters.", field, MaxText)
	case strings.TrimSpace(text) != text:
		return fmt.Sprintf("The %s must not begin or end with a space.", field)
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return fmt.Sprintf("The %s must not have control characters.", field)
	}
	return ""
}

func invalid(fields ...problem.Field) error {
	return &problem.Error{Code: problem.Invalid, Detail: "The camera's settings are not valid.", Fields: fields}
}
