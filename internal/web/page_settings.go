package web

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/views"
)

// settingsPage shows what the service runs with.
func (s *Server) settingsPage(c *fiber.Ctx) error {
	size, err := s.journal.Size(c.UserContext())
	if err != nil {
		return err
	}
	retention, policy := s.journal.Retention(), s.webhooks.Policy()
	service := views.Service{
		Version: s.version, API: c.BaseURL() + api, Started: s.started, Sockets: s.live.watching(),
		File: s.journal.Path(), Size: size, First: s.hub.First(), Head: s.hub.Head(),
		Retain: retention.Events, RetainAttempts: retention.Attempts, RetainBytes: retention.Bytes,
		AllowHTTP: policy.AllowHTTP, DeliveryProxy: policy.Proxy, PublicURL: policy.PublicURL,
	}
	for _, prefix := range policy.AllowTargets {
		service.AllowTargets = append(service.AllowTargets, prefix.String())
	}
	for _, host := range policy.DenyHosts {
		service.DenyHosts = append(service.DenyHosts, string(host))
	}
	for _, ports := range policy.Ports {
		service.TargetPorts = append(service.TargetPorts, ports.String())
	}
	oldest, err := s.hub.At(c.UserContext(), s.hub.First())
	switch {
	case err == nil:
		service.Oldest = oldest.Received
	case !errors.Is(err, event.ErrNotFound):
		return err
	}
	return render(c, fiber.StatusOK, views.SettingsPage(views.SettingsProps{
		Frame: s.frame(c, "Settings", views.SectionSettings), Now: s.now(), Service: service,
	}))
}
