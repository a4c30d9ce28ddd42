package api

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
)

// cameraJSON is a camera as the API shows it.
type cameraJSON struct {
	ID    string        `json:"id"`
	State cameras.State `json:"state"`
	// Since is the time of a silent camera's last event, or the time at which an
	// offline camera reported that it is offline.
	Since      *string `json:"since"`
	LastEvent  *string `json:"last_event_at"`
	LastType   *string `json:"last_event_type"`
	LastNormal *string `json:"last_normal_event_at"`
	// Usual is the usual pause between its events; null while it isn't known.
	Usual *int64 `json:"usual_pause_seconds"`
	// SilentAfter is an operator's setting: 0 for never, null if the usual pause
	// decides. Effective is the allowed silence that applies; null for never.
	SilentAfter *int64 `json:"silent_after_seconds"`
	Effective   *int64 `json:"effective_silent_after_seconds"`
}

func publicCamera(c cameras.Camera) cameraJSON {
	out := cameraJSON{ID: c.Name, State: c.State, Since: timeOrNull(c.Since), LastEvent: timeOrNull(c.Last), LastNormal: timeOrNull(c.Normal)}
	if c.LastType.Valid() {
		name := c.LastType.String()
		out.LastType = &name
	}
	if c.UsualPause > 0 {
		out.Usual = wholeSeconds(c.UsualPause)
	}
	if c.Setting != nil {
		out.SilentAfter = wholeSeconds(*c.Setting)
	}
	if c.SilentAfter > 0 {
		out.Effective = wholeSeconds(c.SilentAfter)
	}
	return out
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := event.FormatTime(t)
	return &text
}

func wholeSeconds(d time.Duration) *int64 {
	n := int64(d / time.Second)
	return &n
}

// CamerasGet lists the cameras by name.
func (h *Handlers) CamerasGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "state"); err != nil {
		return err
	}
	state, err := request.CameraState(c)
	if err != nil {
		return err
	}
	out := []cameraJSON{}
	for _, known := range h.scoped.Cameras(c) {
		if state == "" || known.State == state {
			out = append(out, publicCamera(known))
		}
	}
	return respond.JSON(c, out)
}

// cameraParam reads a camera's name from the URL.
func cameraParam(c *fiber.Ctx) (string, error) {
	name, err := url.PathUnescape(c.Params("id"))
	if err != nil {
		return "", problem.InvalidField("camera_id", "The camera_id is not encoded for a URL; write a percent sign as %%25.")
	}
	return name, cameras.Check(name, nil)
}

// CameraGet answers one camera.
func (h *Handlers) CameraGet(c *fiber.Ctx) error {
	name, err := cameraParam(c)
	if err != nil {
		return err
	}
	known := h.cameras.Camera(name)
	if !request.Principal(c).Cameras.Allow(name) || known.Last.IsZero() && known.Setting == nil {
		return scoped.ErrNoCamera
	}
	return respond.JSON(c, publicCamera(known))
}

// CameraPut sets a camera's allowed silence.
func (h *Handlers) CameraPut(c *fiber.Ctx) error {
	name, err := cameraParam(c)
	if err != nil {
		return err
	}
	var body struct {
		SilentAfter *int64 `json:"silent_after_seconds"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	var after *time.Duration
	if body.SilentAfter != nil {
		seconds := min(max(*body.SilentAfter, -1), int64(cameras.MaxSilentAfter/time.Second)+1) // more is invalid too, and would overflow
		after = new(time.Duration)
		*after = time.Duration(seconds) * time.Second
	}
	set, err := h.scoped.SetCamera(c, name, after)
	if err != nil {
		return err
	}
	return respond.JSON(c, publicCamera(set))
}
