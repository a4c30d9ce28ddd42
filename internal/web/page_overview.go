package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/views"
)

// How many rows the overview's tables have.
const (
	overviewAlerts = 5
	overviewEvents = 10
)

// overviewPage says in one look whether all is well.
func (s *Server) overviewPage(c *fiber.Ctx) error {
	latest, err := s.hub.Search(c.UserContext(), event.Query{Limit: overviewEvents})
	if err != nil {
		return err
	}
	urgent := event.Filter{Types: event.Types(event.WatchlistAlert, event.SystemError)}
	alerts, err := s.hub.Search(c.UserContext(), event.Query{Filter: urgent, Limit: overviewAlerts})
	if err != nil {
		return err
	}
	counted := s.journal.Minutes(s.now(), 60)
	minutes := make([]views.Minute, len(counted))
	for i := range counted {
		minutes[i] = views.Minute{Start: counted[i].Start, ByType: counted[i].Counts[:], Known: counted[i].Known}
	}
	endpoints := s.endpointViews()
	return render(c, fiber.StatusOK, views.OverviewPage(views.OverviewProps{
		Frame:     s.frame("Overview", views.SectionOverview),
		Now:       s.now(),
		Total:     s.hub.Head(),
		Minutes:   minutes,
		Endpoints: endpoints,
		Alerts:    alerts.Events,
		Events:    latest.Events,
		Facts:     s.facts(c, s.hub.Head()),
		BaseURL:   c.BaseURL(),
	}))
}

// facts are what an operator asks about the system first.
func (s *Server) facts(c *fiber.Ctx, head int64) []views.Fact {
	version := s.version
	if version == "" {
		version = "Unversioned build"
	}
	return []views.Fact{
		{Name: "Version", Value: version},
		{Name: "Newest event's place in the log", Value: views.Count(head)},
		{Name: "API", Value: c.BaseURL() + api},
	}
}
