package web

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
	"postern/views/eventlist"
	monitorpage "postern/views/monitor"
)

const (
	maxActorLength = 100 // characters
	actorCookie    = "postern_name"
	actorFor       = 365 * 24 * time.Hour
)

// personName returns the name of the person behind a request: the signed-in
// account's, or without accounts the one that the browser remembers; otherwise
// empty.
func personName(c *fiber.Ctx) string {
	if p := request.Principal(c); p.Kind == access.Person {
		return p.Name
	}
	name, err := url.QueryUnescape(c.Cookies(actorCookie))
	if err != nil || actorProblem(name) != "" {
		return ""
	}
	return name
}

// rememberActor lets the browser keep a typed name, so that a page asks for it
// only once.
func rememberActor(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: actorCookie, Value: url.QueryEscape(name), Path: "/",
		MaxAge: int(actorFor / time.Second), SameSite: fiber.CookieSameSiteStrictMode,
	})
}

// actorProblem returns the error in a name; empty for a valid name.
func actorProblem(name string) string {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxActorLength || !utf8.ValidString(name):
		return "The name must have 1 to 100 characters."
	case strings.TrimSpace(name) != name:
		return "The name must not begin or end with a space."
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return "The name must not have control characters."
	}
	return ""
}

// acknowledge records the acknowledgement of an alert, notifies the monitors, and
// returns the first acknowledgement.
func (s *Server) acknowledge(c *fiber.Ctx, id, by string) (*event.Event, alerts.Acknowledgement, error) {
	e, err := s.event(c, id)
	if err != nil {
		return nil, alerts.Acknowledgement{}, err
	}
	c.Locals(auditTargetLocal, e.ID)
	a, fresh, err := s.store.Alerts.Acknowledge(c.UserContext(), e, by)
	if err != nil {
		return nil, a, err
	}
	if fresh {
		s.live.Acknowledged(monitorpage.Acknowledged{By: a.By, Event: e, Count: 1})
	}
	return e, a, nil
}

// acknowledgeThrough records the acknowledgement of all open alerts up to an
// event, and notifies the monitors. It returns their number; a minimum if exact
// is false.
func (s *Server) acknowledgeThrough(c *fiber.Ctx, id, by string) (n int64, exact bool, err error) {
	e, err := s.event(c, id)
	if err != nil {
		return 0, false, err
	}
	c.Locals(auditTargetLocal, e.ID)
	n, exact, err = s.store.Alerts.AcknowledgeThrough(c.UserContext(), e.Seq, by)
	if err == nil && n > 0 {
		s.live.Acknowledged(monitorpage.Acknowledged{By: by, Count: n, AtLeast: !exact})
	}
	return n, exact, err
}

func alertOf(e *event.Event, a alerts.Acknowledgement) eventlist.Alert {
	return eventlist.Alert{Event: e, By: a.By, At: a.At, Resolver: a.Resolver}
}

// alertViews returns events with their acknowledgements.
func (s *Server) alertViews(ctx context.Context, events []*event.Event) ([]eventlist.Alert, error) {
	known, err := s.store.Alerts.Acknowledgements(ctx, events)
	if err != nil {
		return nil, err
	}
	alerts := make([]eventlist.Alert, len(events))
	for i, e := range events {
		a := known[e.Seq]
		alerts[i] = alertOf(e, a)
	}
	return alerts, nil
}
