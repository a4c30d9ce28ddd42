package cameras

import (
	"fmt"
	"time"
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/problem"
)

// Check says what is wrong with a camera's name or setting, as an
// *problem.Error; nil when nothing is.
func Check(name string, silentAfter *time.Duration) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > event.MaxNameLength || !utf8.ValidString(name) {
		return invalid("camera_id", fmt.Sprintf("The camera_id must be 1 to %d characters.", event.MaxNameLength))
	}
	if silentAfter == nil || *silentAfter == 0 {
		return nil
	}
	if d := *silentAfter; d < MinSilentAfter || d > MaxSilentAfter || d%time.Second != 0 {
		return invalid("silent_after_seconds",
			fmt.Sprintf("The time must be %d to %d whole seconds, 0 for a camera whose silence is not judged, or null for its usual pause.",
				MinSilentAfter/time.Second, MaxSilentAfter/time.Second))
	}
	return nil
}

func invalid(field, message string) error {
	return &problem.Error{Code: problem.Invalid, Detail: "The camera's setting is not valid.",
		Fields: []problem.Field{{Field: field, Message: message}}}
}
