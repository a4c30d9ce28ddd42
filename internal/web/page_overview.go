package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
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
	latest, err := s.search(c, event.Query{Limit: overviewEvents})
	if err != nil {
		return err
	}
	urgent, err := s.journal.Alerts(c.UserContext(), journal.AlertQuery{Filter: narrowed(c, event.Filter{}), State: journal.AllAlerts, Limit: overviewAlerts})
	if err != nil {
		return err
	}
	alerts, err := s.alertViews(c.UserContext(), urgent.Events)
	if err != nil {
		return err
	}
	counted := s.journal.Minutes(s.now(), 24*60, narrowed(c, event.Filter{}).Cameras...)
	minutes := make([]views.Minute, len(counted))
	for i := range counted {
		minutes[i] = views.Minute{Start: counted[i].Start, ByType: counted[i].Counts[:], Known: counted[i].Known}
	}
	var endpoints []views.Endpoint
	if may(c, access.ReadWebhooks) {
		endpoints = s.endpointViews()
	}
	return render(c, fiber.StatusOK, views.OverviewPage(views.OverviewProps{
		Frame:     s.frame(c, "Overview", views.SectionOverview),
		Now:       s.now(),
		Total:     s.hub.Head(),
		Minutes:   minutes,
		Endpoints: endpoints,
		Alerts:    alerts,
		Events:    latest.Events,
		Cameras:   s.cameras(c),
		BaseURL:   c.BaseURL(),
	}))
}

// cameras are those that have events, as far as who asks may know.
func (s *Server) cameras(c *fiber.Ctx) []views.Camera {
	return slices.DeleteFunc(s.allCameras(), func(known views.Camera) bool { return !who(c).Cameras.Allow(known.Name) })
}

func (s *Server) allCameras() []views.Camera {
	known := s.journal.Cameras(s.now())
	shown := make([]views.Camera, len(known))
	for i, k := range known {
		shown[i] = views.Camera{Name: k.Name, Last: k.Last, LastType: k.LastType, Day: k.Day, Silent: k.Silent}
	}
	return shown
}
