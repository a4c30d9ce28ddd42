package silence

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/problem"
)

// Bounds of a silence.
const (
	// Max is how many silences there may be that haven't ended.
	Max = 200
	// MaxReason is the length of a reason in characters.
	MaxReason = 500
	// MaxNames is how many cameras, and how many sources, a silence names.
	MaxNames = 100
	// MaxTime is how long a silence may last that doesn't recur.
	MaxTime = 366 * 24 * time.Hour
)

// Silence says which events are silenced, and when.
type Silence struct {
	N  int64
	ID string
	Match
	// From is when the silence begins, and Until when it ends; a weekly silence may
	// have no end.
	From, Until time.Time
	// Weekly restricts the silence to a window of every week; nil for all the time.
	Weekly *Weekly
	// Reason is why, and Author who made the silence at CreatedAt.
	Reason, Author string
	CreatedAt      time.Time
	// EndedBy is the person who ended the silence early, at EndedAt.
	EndedBy string
	EndedAt time.Time
}

// Match selects the events of a silence. An event matches if it passes every list
// that isn't empty.
type Match struct {
	Types   event.TypeSet
	Cameras []string
	Sources []string
	// Webhook is the id of a webhook: Postern's announcements about it match.
	Webhook string
}

// Matches reports whether an event matches, whatever the time.
func (m Match) Matches(e *event.Event) bool {
	return (m.Types == 0 || m.Types.Has(e.Type)) &&
		(len(m.Cameras) == 0 || slices.Contains(m.Cameras, e.Camera)) &&
		(len(m.Sources) == 0 || slices.Contains(m.Sources, e.Source)) &&
		(m.Webhook == "" || webhookOf(e) == m.Webhook)
}

// webhookOf returns the id of the webhook that an announcement is about.
func webhookOf(e *event.Event) string {
	if e.Type != event.SystemError || e.Source != event.OwnSource {
		return ""
	}
	var data struct {
		WebhookID string `json:"webhook_id"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return ""
	}
	return data.WebhookID
}

// Seen returns the silence as a principal with a camera scope may see it: without the
// cameras outside the scope. It returns nil if all its cameras are outside.
func (s *Silence) Seen(scope account.CameraScope) *Silence {
	if scope.All() || len(s.Cameras) == 0 {
		return s
	}
	seen := *s
	seen.Cameras = slices.DeleteFunc(slices.Clone(s.Cameras), func(name string) bool { return !scope.Allow(name) })
	if len(seen.Cameras) == 0 {
		return nil
	}
	return &seen
}

// Ended reports whether the silence has ended for good.
func (s *Silence) Ended(at time.Time) bool {
	return !s.EndedAt.IsZero() && !at.Before(s.EndedAt) || !s.Until.IsZero() && !at.Before(s.Until)
}

// Active reports whether events that arrive at a time are silenced.
func (s *Silence) Active(at time.Time) bool {
	return !at.Before(s.From) && !s.Ended(at) && (s.Weekly == nil || s.Weekly.contains(at))
}

// Silences reports whether an event that arrives at a time is silenced.
func (s *Silence) Silences(e *event.Event, at time.Time) bool { return s.Active(at) && s.Matches(e) }

// Window returns the present or the next time in which the silence is active, from
// a moment on; ok is false if there is none. A window that has no end has a zero
// until.
func (s *Silence) Window(at time.Time) (from, until time.Time, ok bool) {
	if s.Ended(at) {
		return from, until, false
	}
	from, until = s.From, s.Until
	if s.Weekly != nil {
		later := at
		if s.From.After(later) {
			later = s.From
		}
		from, until = s.Weekly.next(later)
		if from.Before(s.From) {
			from = s.From
		}
		if !s.Until.IsZero() && until.After(s.Until) {
			until = s.Until
		}
		if !s.Until.IsZero() && !from.Before(s.Until) {
			return time.Time{}, time.Time{}, false
		}
	}
	return from, until, true
}

// Check returns the first thing that is wrong with a silence that is made now, as an
// error for the client; nil for a valid one.
func (s *Silence) Check(now time.Time) error {
	switch {
	case s.Types == 0 && len(s.Cameras) == 0 && len(s.Sources) == 0 && s.Webhook == "":
		return problem.InvalidField("match", "Name a type, a camera, a source or a webhook. A silence of everything would hide every alert.")
	case len(s.Cameras) > MaxNames:
		return problem.InvalidField("camera_ids", "Name at most %d cameras.", MaxNames)
	case len(s.Sources) > MaxNames:
		return problem.InvalidField("sources", "Name at most %d sources.", MaxNames)
	case !validNames(s.Cameras):
		return problem.InvalidField("camera_ids", "Each name must have 1 to %d characters.", event.MaxNameLength)
	case !validNames(s.Sources):
		return problem.InvalidField("sources", "Each name must have 1 to %d characters.", event.MaxNameLength)
	case len(s.Webhook) > event.MaxNameLength:
		return problem.InvalidField("webhook_id", "The id must have at most %d characters.", event.MaxNameLength)
	case strings.TrimSpace(s.Reason) == "":
		return problem.InvalidField("reason", "Say why: other people read the reason when they miss an alert.")
	case utf8.RuneCountInString(s.Reason) > MaxReason || !utf8.ValidString(s.Reason):
		return problem.InvalidField("reason", "The reason must have at most %d characters.", MaxReason)
	case s.Weekly == nil && s.Until.IsZero():
		return problem.InvalidField("until", "Say until when. Only a weekly silence may have no end.")
	case !s.Until.IsZero() && !s.Until.After(now):
		return problem.InvalidField("until", "The end must be in the future.")
	case !s.Until.IsZero() && !s.Until.After(s.From):
		return problem.InvalidField("until", "The end must be after the beginning.")
	case s.Weekly == nil && s.Until.Sub(now) > MaxTime:
		return problem.InvalidField("until", "A silence lasts for at most %d days. Use a weekly one for windows that recur.",
			MaxTime/(24*time.Hour))
	}
	return s.Weekly.check()
}

func validNames(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return name == "" || utf8.RuneCountInString(name) > event.MaxNameLength || !utf8.ValidString(name)
	})
}
