package pages

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/store/verify"
	"postern/internal/store/wallclock"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	settingspage "postern/views/settings"
	"postern/views/ui"
)

func clockView(c wallclock.State) settingspage.ServerClock {
	return settingspage.ServerClock{InDoubt: c.Held, Ahead: c.Ahead, Noticed: c.Noticed, Until: c.Until}
}

// SettingsPage shows the service's settings and storage.
func (h *Handlers) SettingsPage(c *fiber.Ctx) error {
	size, err := h.store.DB.Size(c.UserContext())
	if err != nil {
		return err
	}
	retention, policy := h.store.Retention.Policy, h.webhooks.Egress().Policy()
	service := settingspage.Service{
		Version: h.version, API: h.Proxies.BaseURL(c) + request.APIPrefix, Started: h.started, Sockets: h.live.Open(),
		File: h.store.DB.Path(), Size: size, First: h.hub.First(), Head: h.hub.Head(), Missing: h.store.SequenceGaps(),
		Retain: retention.Events, RetainAttempts: retention.Attempts, RetainBytes: retention.Bytes,
		StorageProblems: h.storageTroubles(), WAL: h.store.DB.WAL(), Reserve: h.store.DB.Reserve(), Room: -1, Clock: clockView(h.store.Clock()),
		Open: h.open, AllowHTTP: policy.AllowHTTP, DeliveryProxy: policy.Proxy.Address(), PublicURL: h.webhooks.PublicURL(),
	}
	if room, err := h.store.DB.Room(); err == nil {
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
	oldest, err := h.hub.Search(c.UserContext(), event.Query{Limit: 1, Ascending: true})
	if err != nil {
		return err
	}
	if len(oldest.Events) > 0 {
		service.Oldest = oldest.Events[0].Received
	}
	holds, err := h.store.Holds.All(c.UserContext())
	if err != nil {
		return err
	}
	service.Holds = len(holds)
	for _, hold := range holds {
		service.HeldEvents, service.HeldBytes = service.HeldEvents+hold.Events, service.HeldBytes+hold.Bytes
	}
	if service.Verification, err = h.verification(c.UserContext()); err != nil {
		return err
	}
	for t, keep := range retention.Types {
		service.RetainTypes = append(service.RetainTypes, settingspage.TypeRetention{Type: t, Keep: keep})
	}
	slices.SortFunc(service.RetainTypes, func(a, b settingspage.TypeRetention) int { return int(a.Type) - int(b.Type) })
	return respond.Page(c, fiber.StatusOK, settingspage.ServicePage(settingspage.ServiceProps{
		Frame: h.Frame(c, "Settings", ui.SectionSettings), Now: h.Now(), Service: service, Flash: h.TakeFlash(c).Flash,
	}))
}

// ClockConfirm confirms the clock, so that it is trusted again.
func (h *Handlers) ClockConfirm(c *fiber.Ctx) error {
	held, err := h.store.ConfirmClock(c.UserContext())
	if err != nil {
		return err
	}
	message := "The clock is confirmed. Retention by age goes on."
	if !held {
		message = "The clock was not in doubt any more."
	}
	return h.Redirect(c, ui.Path("/settings"), page.Said(message))
}

// verification returns the newest verification for the settings page; nil for
// none.
func (h *Handlers) verification(ctx context.Context) (*settingspage.Verification, error) {
	v, err := verify.Last(ctx, h.store.DB)
	if v == nil || err != nil {
		return nil, err
	}
	return &settingspage.Verification{
		Ended: v.Ended, Events: v.Events, Unsummed: v.Unsummed,
		Unreadable: v.Unreadable(), Numbers: v.Numbers, Blocks: v.DamagedBlocks + v.Entries,
	}, nil
}

// storageTroubles returns the troubles of the data folder as pages show them.
func (h *Handlers) storageTroubles() (out []settingspage.StorageProblem) {
	for _, t := range h.store.DB.Troubles() {
		out = append(out, settingspage.StorageProblem{Summary: t.Kind.Summary(), Detail: t.Kind.Detail(), Since: t.Since,
			Refuses: t.Kind.Refuses()})
	}
	return out
}
