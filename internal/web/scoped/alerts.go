package scoped

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	alertpages "postern/views/alerts"
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

// Note checks a note about alerts, and returns it without surrounding white space.
func Note(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case utf8.RuneCountInString(text) > alertpages.MaxNote || !utf8.ValidString(text):
		return "", problem.InvalidField("note", "The note must have at most %d characters.", alertpages.MaxNote)
	case strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return "", problem.InvalidField("note", "The note must not have control characters.")
	}
	return text, nil
}

// Acknowledge records the acknowledgement of an alert, notifies the monitors, and
// returns the alert with its first acknowledgement.
func (s *Service) Acknowledge(c *fiber.Ctx, id string, act alert.Act) (eventlist.Alert, error) {
	e, err := s.Event(c, id)
	if err != nil {
		return eventlist.Alert{}, err
	}
	audit.SetTarget(c, e.ID)
	a, fresh, err := s.store.Alerts.Acknowledge(c.UserContext(), e, act)
	if err != nil {
		return eventlist.Alert{}, err
	}
	if fresh {
		s.live.Acknowledged(monitorpage.Acknowledged{By: a.By, Event: e, Count: 1})
	}
	return newAlert(e, a), nil
}

// AcknowledgeThrough acknowledges all open alerts up to an event, notifies the
// monitors, and returns how many those were.
func (s *Service) AcknowledgeThrough(c *fiber.Ctx, id string, act alert.Act) (n int64, err error) {
	e, err := s.Event(c, id)
	if err != nil {
		return 0, err
	}
	audit.SetTarget(c, e.ID)
	return s.AcknowledgeAll(c, act, alerts.Selection{Through: e.Seq})
}

// AcknowledgeAll acknowledges the open alerts of selections in the principal's scope,
// notifies the monitors, and returns how many alerts those were. Each group among the
// selections is a target of the audit.
func (s *Service) AcknowledgeAll(c *fiber.Ctx, act alert.Act, selections ...alerts.Selection) (n int64, err error) {
	var targets []string
	var errs []error
	for _, sel := range selections {
		if err != nil {
			break
		}
		var of int64
		sel.Filter = request.WithinScope(c, sel.Filter)
		of, err = s.store.Alerts.AcknowledgeAll(c.UserContext(), sel, act)
		n += of
		if sel.Cause != 0 {
			targets, errs = append(targets, sel.Cause.String()), append(errs, err)
		}
	}
	if len(targets) > 0 {
		audit.SetTargets(c, targets, errs)
	}
	if n > 0 {
		s.live.Acknowledged(monitorpage.Acknowledged{By: act.By, Count: n})
	}
	return n, err
}

// Groups returns a page of the selected open alerts in the principal's scope by their
// causes.
func (s *Service) Groups(c *fiber.Ctx, q alerts.GroupQuery) (alert.Groups, error) {
	q.Filter = request.WithinScope(c, q.Filter)
	return s.store.Alerts.Groups(c.UserContext(), q)
}

// AlertActions returns a page of what people did with alerts of the cameras in the
// principal's scope; zero selects every cause.
func (s *Service) AlertActions(c *fiber.Ctx, cause alert.CauseID, cursor int64, limit int) ([]alert.Action, int64, error) {
	return s.store.Alerts.Actions(
		c.UserContext(),
		alerts.ActionQuery{Cause: cause, Cameras: request.CameraScope(c), Cursor: cursor, Limit: limit},
	)
}

func newAlert(e *event.Event, a alert.Acknowledgement) eventlist.Alert {
	return eventlist.Alert{Event: e, Acknowledgement: a}
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
