package scoped

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/web/audit"
	"postern/views/eventlist"
	monitorpage "postern/views/monitor"
)

// maxNameLength is the maximum length of the name of a person who acknowledges,
// in characters.
const maxNameLength = 100

// NameProblem returns the error in the name of a person who acknowledges; empty
// for a valid name.
func NameProblem(name string) string {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxNameLength || !utf8.ValidString(name):
		return "The name must have 1 to 100 characters."
	case strings.TrimSpace(name) != name:
		return "The name must not begin or end with a space."
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return "The name must not have control characters."
	}
	return ""
}

// Acknowledge records the acknowledgement of an alert, notifies the monitors, and
// returns the alert with its first acknowledgement.
func (s *Service) Acknowledge(c *fiber.Ctx, id, by string) (eventlist.Alert, error) {
	e, err := s.Event(c, id)
	if err != nil {
		return eventlist.Alert{}, err
	}
	audit.SetTarget(c, e.ID)
	a, fresh, err := s.store.Alerts.Acknowledge(c.UserContext(), e, by)
	if err != nil {
		return eventlist.Alert{}, err
	}
	if fresh {
		s.live.Acknowledged(monitorpage.Acknowledged{By: a.By, Event: e, Count: 1})
	}
	return newAlert(e, a), nil
}

// AcknowledgeThrough records the acknowledgement of all open alerts up to an
// event, and notifies the monitors. It returns their number; a minimum if exact
// is false.
func (s *Service) AcknowledgeThrough(c *fiber.Ctx, id, by string) (n int64, exact bool, err error) {
	e, err := s.Event(c, id)
	if err != nil {
		return 0, false, err
	}
	audit.SetTarget(c, e.ID)
	n, exact, err = s.store.Alerts.AcknowledgeThrough(c.UserContext(), e.Seq, by)
	if err == nil && n > 0 {
		s.live.Acknowledged(monitorpage.Acknowledged{By: by, Count: n, AtLeast: !exact})
	}
	return n, exact, err
}

func newAlert(e *event.Event, a alerts.Acknowledgement) eventlist.Alert {
	return eventlist.Alert{Event: e, By: a.By, At: a.At, Resolver: a.Resolver}
}

// Alerts returns events with their acknowledgements.
func (s *Service) Alerts(ctx context.Context, events []*event.Event) ([]eventlist.Alert, error) {
	known, err := s.store.Alerts.Acknowledgements(ctx, events)
	if err != nil {
		return nil, err
	}
	shown := make([]eventlist.Alert, len(events))
	for i, e := range events {
		a := known[e.Seq]
		shown[i] = newAlert(e, a)
	}
	return shown, nil
}
