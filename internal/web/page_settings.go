package web

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/store/verify"
	"postern/internal/store/wallclock"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	settingspage "postern/views/settings"
	"postern/views/ui"
)

func clockView(c wallclock.State) settingspage.ServerClock {
	return settingspage.ServerClock{InDoubt: c.Held, Ahead: c.Ahead, Noticed: c.Noticed, Until: c.Until}
}

// settingsPage shows the service's settings and storage.
func (s *Server) settingsPage(c *fiber.Ctx) error {
	size, err := s.store.DB.Size(c.UserContext())
	if err != nil {
		return err
	}
	retention, policy := s.store.Retention(), s.webhooks.Egress().Policy()
	service := settingspage.Service{
		Version: s.version, API: s.proxies.BaseURL(c) + request.APIPrefix, Started: s.started, Sockets: s.live.Open(),
		File: s.store.DB.Path(), Size: size, First: s.hub.First(), Head: s.hub.Head(), Missing: s.store.SequenceGaps(),
		Retain: retention.Events, RetainAttempts: retention.Attempts, RetainBytes: retention.Bytes,
		StorageProblems: s.storageTroubles(), WAL: s.store.DB.WAL(), Reserve: s.store.DB.Reserve(), Room: -1, Clock: clockView(s.store.Clock()),
		Open: s.open, AllowHTTP: policy.AllowHTTP, DeliveryProxy: policy.Proxy.Address(), PublicURL: s.webhooks.PublicURL(),
	}
	if room, err := s.store.DB.Room(); err == nil {
		service.Room = room
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
	// The event with the first sequence number may be missing. Then the oldest
	// event has a later one.
	oldest, err := s.hub.Search(c.UserContext(), event.Query{Limit: 1, Ascending: true})
	if err != nil {
		return err
	}
	if len(oldest.Events) > 0 {
		service.Oldest = oldest.Events[0].Received
	}
	holds, err := s.store.Holds(c.UserContext())
	if err != nil {
		return err
	}
	service.Holds = len(holds)
	for _, h := range holds {
		service.HeldEvents, service.HeldBytes = service.HeldEvents+h.Events, service.HeldBytes+h.Bytes
	}
	if service.Verification, err = s.verification(c.UserContext()); err != nil {
		return err
	}
	for t, keep := range retention.Types {
		service.RetainTypes = append(service.RetainTypes, settingspage.TypeRetention{Type: t, Keep: keep})
	}
	slices.SortFunc(service.RetainTypes, func(a, b settingspage.TypeRetention) int { return int(a.Type) - int(b.Type) })
	return respond.Page(c, fiber.StatusOK, settingspage.ServicePage(settingspage.ServiceProps{
		Frame: s.frame(c, "Settings", ui.SectionSettings), Now: s.now(), Service: service, Flash: s.takeFlash(c).Flash,
	}))
}

// formClockConfirm is clockConfirm for the settings page.
func (s *Server) formClockConfirm(c *fiber.Ctx) error {
	held, err := s.store.ConfirmClock(c.UserContext())
	if err != nil {
		return err
	}
	message := "The clock is confirmed. Retention by age goes on."
	if !held {
		message = "The clock was not in doubt any more."
	}
	return s.redirect(c, "/settings", said(message))
}

// verification returns the newest verification for the settings page; nil for
// none.
func (s *Server) verification(ctx context.Context) (*settingspage.Verification, error) {
	v, err := verify.Last(ctx, s.store.DB)
	if v == nil || err != nil {
		return nil, err
	}
	return &settingspage.Verification{
		Ended: v.Ended, Events: v.Events, Unsummed: v.Unsummed,
		Unreadable: v.Unreadable(), Numbers: v.Numbers, Blocks: v.DamagedBlocks + v.Entries,
	}, nil
}

// storageTroubles returns the troubles of the data folder as pages show them.
func (s *Server) storageTroubles() (out []settingspage.StorageProblem) {
	for _, t := range s.store.DB.Troubles() {
		out = append(out, settingspage.StorageProblem{Summary: t.Kind.Summary(), Detail: t.Kind.Detail(), Since: t.Since,
			Refuses: t.Kind.Refuses()})
	}
	return out
}
