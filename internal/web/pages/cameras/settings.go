package cameras

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/problem"
	stored "postern/internal/store/cameras"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/scoped"
	cameraview "postern/views/camera"
	"postern/views/ui"
)

// CameraSet saves a camera's settings.
func (h *Handlers) CameraSet(c *fiber.Ctx) error {
	id, err := request.PagePathCamera(c)
	if err != nil {
		return err
	}
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	form := cameraview.Form{Interval: values.Get("interval"), Every: values.Get("every"), Unit: values.Get("unit"),
		Silence: values.Get("silence"), Minutes: values.Get("minutes")}
	to, err := settingsOf(values)
	form.Name, form.Site, form.Group, form.Errors = to.Name, to.Site, to.Group, map[string]string{}
	fieldErrors(form.Errors, err)
	fieldErrors(form.Errors, cameras.Check(to))
	set, err := h.scoped.ChangeCamera(c, id, func(settings *stored.Settings) error {
		if len(form.Errors) > 0 {
			return errFields
		}
		*settings = to
		return nil
	})
	if errors.Is(err, errFields) {
		known, err := h.scoped.Camera(c, id)
		if err != nil && !errors.Is(err, scoped.ErrNoCamera) {
			return err
		}
		known.ID = id
		return h.render(c, fiber.StatusUnprocessableEntity, known, form)
	}
	if err != nil {
		return err
	}
	said := page.Said("Saved the settings of " + page.ListedCamera(set).Called() + ".")
	if set.Last.IsZero() && set.Settings.None() {
		return h.Redirect(c, ui.Path("/cameras"), said) // it is no longer known
	}
	return h.Redirect(c, string(ui.CameraURL(id)), said)
}

// errFields says that a form has invalid fields.
var errFields = problem.New(problem.Invalid, "The camera's settings are not valid.")

// fieldErrors adds an error's messages by the form's fields.
func fieldErrors(errs map[string]string, err error) {
	invalid := page.Invalid(err)
	if invalid == nil {
		return
	}
	for _, f := range invalid.Fields {
		name := f.Field
		switch name {
		case "expected_interval_seconds":
			name = "every"
		case "silent_after_seconds":
			name = "minutes"
		}
		if errs[name] == "" {
			errs[name] = f.Message
		}
	}
}

// settingsOf reads a camera's settings from a form. Numbers that can't be read are
// an *problem.Error; the texts are read in any case.
func settingsOf(values url.Values) (to stored.Settings, err error) {
	to = stored.Settings{Name: strings.TrimSpace(values.Get("name")), Site: strings.TrimSpace(values.Get("site")),
		Group: strings.TrimSpace(values.Get("group"))}
	var wrong []problem.Field
	switch values.Get("interval") {
	case "usual":
	case "set":
		n, ok := number(values.Get("every"), cameraview.UnitLength(values.Get("unit")), time.Second, cameras.MaxExpectedInterval)
		if to.ExpectedInterval = n; !ok {
			wrong = append(wrong, problem.Field{Field: "every", Message: "The interval must be 1 second to 6 days."})
		}
	default:
		wrong = append(wrong, problem.Field{Field: "every", Message: `The interval must be "usual" or "set".`})
	}
	switch values.Get("silence") {
	case "automatic":
	case "never":
		to.SilentAfter = new(time.Duration)
	case "after":
		n, ok := number(values.Get("minutes"), time.Minute, cameras.MinSilentAfter, cameras.MaxSilentAfter)
		if to.SilentAfter = &n; !ok {
			to.SilentAfter = nil
			wrong = append(wrong, problem.Field{Field: "minutes", Message: "The allowed silence must be 1 minute to 30 days, in minutes."})
		}
	default:
		wrong = append(wrong, problem.Field{Field: "minutes", Message: `The silence must be "automatic", "never" or "after".`})
	}
	if len(wrong) > 0 {
		err = &problem.Error{Code: problem.Invalid, Detail: errFields.Detail, Fields: wrong}
	}
	return to, err
}

// number reads a number of units, in whole seconds within bounds.
func number(text string, unit, least, most time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
	if err != nil || unit == 0 || !(n*unit.Seconds() >= least.Seconds() && n*unit.Seconds() <= most.Seconds()) {
		return 0, false
	}
	return time.Duration(math.Round(n*unit.Seconds())) * time.Second, true
}
