package cameras

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/event"
	"postern/internal/silence"
	"postern/internal/store/alerts"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/alertlist"
	cameraview "postern/views/camera"
	"postern/views/ui"
)

// The largest numbers of events, and of groups of alerts, on a camera's page.
const (
	latestEvents = 20
	openGroups   = 10
)

// CameraPage shows one camera.
func (h *Handlers) CameraPage(c *fiber.Ctx) error {
	id, err := request.PagePathCamera(c)
	if err != nil {
		return err
	}
	known, err := h.scoped.Camera(c, id)
	if err != nil {
		return err
	}
	return h.render(c, fiber.StatusOK, known, cameraview.FormOf(page.ListedCamera(known)))
}

// render answers with a camera's page and a form.
func (h *Handlers) render(c *fiber.Ctx, status int, known cameras.Listed, form cameraview.Form) error {
	all, err := h.scoped.Cameras(c, cameras.Query{Limit: 1})
	if err != nil {
		return err
	}
	form.Sites, form.Groups = all.Sites, all.Groups
	latest, err := h.scoped.Search(c, event.Query{Filter: event.Filter{Cameras: []string{known.ID}}, Limit: latestEvents})
	if err != nil {
		return err
	}
	open, err := h.scoped.Groups(c, alerts.GroupQuery{Selection: alerts.Selection{Filter: event.Filter{Cameras: []string{known.ID}}},
		Limit: openGroups})
	if err != nil {
		return err
	}
	silences := slices.DeleteFunc(h.store.Silences.Current(), func(s *silence.Silence) bool { return !slices.Contains(s.Cameras, known.ID) })
	now := h.store.OnLog(h.Now())
	shown := page.ListedCamera(known)
	return respond.Page(c, status, cameraview.Page(cameraview.PageProps{
		Frame: h.FrameOf(c, shown.Called(), "", ui.SectionCameras), Now: h.Now(), Camera: shown, Rate: rateView(known),
		Minutes: page.Minutes(h.store.Counters.Minutes(now, 24*60, known.ID)),
		Usual:   h.store.Counters.UsualHours(now, known.ID, 25),
		Alerts:  alertlist.Props{Groups: open, Person: page.PersonName(c), Now: h.Now()}, Silences: silences,
		Events: latest.Events, Form: form, Flash: h.TakeFlash(c).Flash,
	}))
}
