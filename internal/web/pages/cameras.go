package pages

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/problem"
	stored "postern/internal/store/cameras"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
	cameraview "postern/views/camera"
	"postern/views/ui"
)

// CamerasPage lists the cameras.
func (h *Handlers) CamerasPage(c *fiber.Ctx) error {
	q, err := request.ParseCameraQuery(c)
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, cameraview.ListPage(cameraview.ListProps{
		Frame: h.Frame(c, "Cameras", ui.SectionOverview), Now: h.Now(), Cameras: h.shownCameras(c), State: cameraview.State(q.State),
		Flash: h.TakeFlash(c).Flash,
	}))
}

// CameraPage shows the form that sets a camera's allowed silence.
func (h *Handlers) CameraPage(c *fiber.Ctx) error {
	name := c.Query("camera_id")
	if err := cameras.CheckID(name); err != nil {
		return err
	}
	if !request.Principal(c).Cameras.Allow(name) {
		return scoped.ErrNoCamera
	}
	props := h.cameraProps(c, name)
	props.Choice, props.Minutes = cameraview.SilenceChoice(props.Camera)
	return respond.Page(c, fiber.StatusOK, cameraview.SilencePage(props))
}

func (h *Handlers) cameraProps(c *fiber.Ctx, name string) cameraview.SilenceProps {
	return cameraview.SilenceProps{Frame: h.Frame(c, "Camera "+name, ui.SectionOverview), Now: h.Now(),
		Camera: viewOfCamera(h.cameras.Camera(name))}
}

// CameraSet stores a camera's setting.
func (h *Handlers) CameraSet(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	name, choice := form.Get("camera_id"), form.Get("choice")
	after, err := silentAfterOf(choice, form.Get("minutes"))
	if err == nil {
		_, err = h.scoped.ChangeCamera(c, name, func(to *stored.Settings) error {
			to.SilentAfter = after
			return nil
		})
	}
	if page.Invalid(err) != nil && cameras.CheckID(name) == nil {
		props := h.cameraProps(c, name)
		props.Choice, props.Minutes = choice, form.Get("minutes")
		props.Problem = "The allowed silence must be 1 minute to 30 days, in minutes."
		return respond.Page(c, http.StatusUnprocessableEntity, cameraview.SilencePage(props))
	}
	if err != nil {
		return err
	}
	return h.Redirect(c, ui.Path("/cameras"), page.Said("Saved the allowed silence of "+name+"."))
}

// silentAfterOf reads a camera's setting from a form; nil if its usual pause
// decides.
func silentAfterOf(choice, minutes string) (*time.Duration, error) {
	switch choice {
	case "automatic":
		return nil, nil
	case "never":
		return new(time.Duration), nil
	case "after":
	default:
		return nil, problem.InvalidField("choice", `The choice must be "automatic", "never" or "after".`)
	}
	n, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(minutes), ",", ".", 1), 64)
	if err != nil || !(n >= 1 && n <= cameras.MaxSilentAfter.Minutes()) {
		return nil, problem.InvalidField("minutes", "The number of minutes must be 1 or more.")
	}
	after := time.Duration(math.Round(n*60)) * time.Second
	return &after, nil
}

// viewOfCamera returns a camera as pages show it.
func viewOfCamera(c cameras.Camera) cameraview.Camera {
	return cameraview.Camera{
		ID: c.ID, State: cameraview.State(c.State), Since: c.Since, Last: c.Last, LastType: c.LastType, Normal: c.Normal,
		Usual: c.UsualPause, SilentAfter: c.SilentAfter, Set: c.Settings.SilentAfter != nil,
	}
}

func viewsOfCameras(list []cameras.Camera) []cameraview.Camera {
	shown := make([]cameraview.Camera, len(list))
	for i, c := range list {
		shown[i] = viewOfCamera(c)
	}
	return shown
}

// AllCameras returns all cameras for the monitors, which filter them themselves.
func (h *Handlers) AllCameras() []cameraview.Camera { return viewsOfCameras(h.cameras.List()) }

// shownCameras returns the cameras that the principal may see, as pages show them.
func (h *Handlers) shownCameras(c *fiber.Ctx) []cameraview.Camera {
	return viewsOfCameras(h.scoped.CameraStates(c))
}
