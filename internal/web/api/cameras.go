package api

import (
	"math"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/event"
	stored "postern/internal/store/cameras"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// cameraJSON is a camera as the API shows it. A null is a value that isn't known or
// isn't set.
type cameraJSON struct {
	ID    string        `json:"id"`
	State cameras.State `json:"state"`
	// Since is the time of a silent camera's last event, or the time at which an
	// offline camera reported that it is offline.
	Since      *string `json:"since"`
	Name       *string `json:"name"`
	Site       *string `json:"site"`
	Group      *string `json:"group"`
	LastEvent  *string `json:"last_event_at"`
	LastType   *string `json:"last_event_type"`
	LastNormal *string `json:"last_normal_event_at"`
	// LastHour is the number of its events in the last hour, UsualHour how many it
	// usually sends in this hour of the day.
	LastHour   int64    `json:"events_last_hour"`
	UsualHour  *float64 `json:"usual_events_per_hour"`
	OpenAlerts int64    `json:"open_alerts"`
	// Usual is the usual pause between its events.
	Usual *int64 `json:"usual_pause_seconds"`
	// Expected and SilentAfter are an operator's settings: SilentAfter is 0 for
	// never. Effective is the allowed silence that applies; null for never.
	Expected    *int64 `json:"expected_interval_seconds"`
	SilentAfter *int64 `json:"silent_after_seconds"`
	Effective   *int64 `json:"effective_silent_after_seconds"`
}

func publicCamera(c cameras.Listed) cameraJSON {
	out := cameraJSON{ID: c.ID, Name: textOrNull(c.Settings.Name), Site: textOrNull(c.Settings.Site), Group: textOrNull(c.Settings.Group),
		State: c.State, Since: timeOrNull(c.Since), LastEvent: timeOrNull(c.Last), LastNormal: timeOrNull(c.Normal),
		LastHour: c.Rate.LastHour, OpenAlerts: c.OpenAlerts}
	if c.LastType.Valid() {
		name := c.LastType.String()
		out.LastType = &name
	}
	if c.Rate.Known {
		usual := math.Round(c.Rate.Usual*10) / 10
		out.UsualHour = &usual
	}
	if c.UsualPause > 0 {
		out.Usual = wholeSeconds(c.UsualPause)
	}
	if c.Settings.ExpectedInterval > 0 {
		out.Expected = wholeSeconds(c.Settings.ExpectedInterval)
	}
	if c.Settings.SilentAfter != nil {
		out.SilentAfter = wholeSeconds(*c.Settings.SilentAfter)
	}
	if c.SilentAfter > 0 {
		out.Effective = wholeSeconds(c.SilentAfter)
	}
	return out
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
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

// CamerasGet lists cameras.
func (h *Handlers) CamerasGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, request.CameraParameters...); err != nil {
		return err
	}
	q, err := request.ParseCameraQuery(c)
	if err != nil {
		return err
	}
	page, err := h.scoped.Cameras(c, q)
	if err != nil {
		return err
	}
	if page.Next != "" {
		respond.LinkNext(c, page.Next)
	}
	out := make([]cameraJSON, len(page.Cameras))
	for i, known := range page.Cameras {
		out[i] = publicCamera(known)
	}
	return respond.JSON(c, out)
}

// CameraGet answers one camera.
func (h *Handlers) CameraGet(c *fiber.Ctx) error {
	id, err := request.PathCamera(c)
	if err != nil {
		return err
	}
	known, err := h.scoped.Camera(c, id)
	if err != nil {
		return err
	}
	return respond.JSON(c, publicCamera(known))
}

// cameraSettings are a camera's settings in a request.
type cameraSettings struct {
	Name        string `json:"name"`
	Site        string `json:"site"`
	Group       string `json:"group"`
	Expected    *int64 `json:"expected_interval_seconds"`
	SilentAfter *int64 `json:"silent_after_seconds"`
}

func settingsBody(s stored.Settings) cameraSettings {
	body := cameraSettings{Name: s.Name, Site: s.Site, Group: s.Group}
	if s.ExpectedInterval > 0 {
		body.Expected = wholeSeconds(s.ExpectedInterval)
	}
	if s.SilentAfter != nil {
		body.SilentAfter = wholeSeconds(*s.SilentAfter)
	}
	return body
}

func (b cameraSettings) settings() stored.Settings {
	s := stored.Settings{Name: b.Name, Site: b.Site, Group: b.Group}
	if b.Expected != nil {
		if s.ExpectedInterval = boundedSeconds(*b.Expected); s.ExpectedInterval == 0 {
			s.ExpectedInterval = -1 // null says that none is set, and 0 is invalid
		}
	}
	if b.SilentAfter != nil {
		s.SilentAfter = new(boundedSeconds(*b.SilentAfter))
	}
	return s
}

// boundedSeconds returns a duration that is invalid where the seconds are, and
// doesn't overflow.
func boundedSeconds(n int64) time.Duration {
	return time.Duration(min(max(n, -1), int64(cameras.MaxSilentAfter/time.Second)+1)) * time.Second
}

// CameraPut replaces all settings of a camera.
func (h *Handlers) CameraPut(c *fiber.Ctx) error {
	return h.changeCamera(c, func(stored.Settings) cameraSettings { return cameraSettings{} })
}

// CameraPatch changes those settings of a camera that the request has.
func (h *Handlers) CameraPatch(c *fiber.Ctx) error { return h.changeCamera(c, settingsBody) }

// changeCamera decodes the request over the settings that from returns.
func (h *Handlers) changeCamera(c *fiber.Ctx, from func(stored.Settings) cameraSettings) error {
	id, err := request.PathCamera(c)
	if err != nil {
		return err
	}
	changed, err := h.scoped.ChangeCamera(c, id, func(settings *stored.Settings) error {
		body := from(*settings)
		if err := request.DecodeBody(c, &body); err != nil {
			return err
		}
		*settings = body.settings()
		return nil
	})
	if err != nil {
		return err
	}
	return respond.JSON(c, publicCamera(changed))
}
