package report

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/report"
	"postern/internal/shift"
	"postern/internal/store"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	view "postern/views/report"
	"postern/views/ui"
)

// maxPeriod is the longest period of a report.
const maxPeriod = 31 * 24 * time.Hour

// Handlers are the handlers of the report.
type Handlers struct {
	*page.Shell

	store *store.Store
}

// New returns the handlers.
func New(shell *page.Shell, st *store.Store) *Handlers { return &Handlers{Shell: shell, store: st} }

// ReportPage shows the report of a period.
func (h *Handlers) ReportPage(c *fiber.Ctx) error {
	props := view.Props{Frame: h.Frame(c, "Shift report", ui.SectionAlerts), Now: h.Now(), Range: c.Query("range")}
	period, wrong, err := h.period(c, &props)
	if err != nil {
		return err
	}
	status := fiber.StatusOK
	if wrong != "" {
		props.Errors, status = map[string]string{"to": wrong}, fiber.StatusUnprocessableEntity
	}
	cameras := request.CameraScope(c)
	if props.Report, err = report.Make(c.UserContext(), h.store, request.WithinScope(c, event.Filter{}), period); err != nil {
		return err
	}
	for _, n := range h.store.Counters.Arrived(h.store.OnLog(h.Now()), period.Start, period.End, cameras...) {
		props.Received += n
	}
	if scope := request.Principal(c).Cameras; !scope.All() {
		props.Cameras = strings.Join(scope.Names(), ", ")
	}
	return respond.Page(c, status, view.Page(props))
}

// period reads the period: a named one, or between two times of the form. wrong is
// the error in these times; then the period is this shift.
func (h *Handlers) period(c *fiber.Ctx, props *view.Props) (p shift.Period, wrong string, err error) {
	values, zone := request.Query(c), request.Zone(c)
	from, since, err := page.TakeFieldTime(c, values, "from")
	to, until, wrongTo := page.TakeFieldTime(c, values, "to")
	this, _ := h.Shifts.Named(shift.ThisShift, h.Now(), zone)
	switch {
	case since == "" && until == "":
		if props.Range == "" {
			props.Range = shift.ThisShift
		}
		named, ok := h.Shifts.Named(props.Range, h.Now(), zone)
		if !ok {
			return p, "", problem.InvalidField("range", "There is no period with this name.")
		}
		return named, "", nil
	case err != nil || wrongTo != nil || since == "" || until == "":
		return this, "Enter two dates and times, for example 2026-03-19 10:30.", nil
	case !to.After(from) || to.Sub(from) > maxPeriod:
		return this, "The end must be after the start, by 31 days at most.", nil
	}
	return shift.Period{Start: from, End: to}, "", nil
}
