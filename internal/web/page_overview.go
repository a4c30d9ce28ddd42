package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/journal"
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
	urgent, err := s.journal.Alerts(c.UserContext(), journal.AlertQuery{State: journal.AllAlerts, Limit: overviewAlerts})
	if err != nil {
		return err
	}
	alerts, err := s.alertViews(c.UserContext(), urgent.Events)
	if err != nil {
		return err
	}
	counted := s.journal.Minutes(s.now(), 24*60)
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
		Alerts:    alerts,
		Events:    latest.Events,
		Cameras:   s.cameras(),
		BaseURL:   c.BaseURL(),
	}))
}

// cameras are all that have events.
func (s *Server) cameras() []views.Camera {
	known := s.journal.Cameras(s.now())
	shown := make([]views.Camera, len(known))
	for i, k := range known {
		shown[i] = views.Camera{Name: k.Name, Last: k.Last, LastType: k.LastType, Day: k.Day, Silent: k.Silent}
	}
	return shown
}
