package pages

import (
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"errors"
	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/shift"
	"postern/internal/store/silences"
	"postern/internal/web/page"
	"postern/internal/web/pages/webhooks"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/eventlist"
	eventpages "postern/views/events"
	"postern/views/ui"
)

// EventsPage lists events, newest first. It reads the same query as the API.
func (h *Handlers) EventsPage(c *fiber.Ctx) error {
	if to, asked, err := h.canonicalEventsURL(c); asked || err != nil {
		if err != nil {
			return err
		}
		return c.Redirect(to, fiber.StatusSeeOther)
	}
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	// The table is newest first, and so are its cursors. All its pages have the
	// same size.
	q.Ascending, q.Limit = false, eventpages.PageEvents
	shown := eventpages.Query{
		Filter: q.Filter, RelativeSince: q.RelativeSince, RelativeUntil: q.RelativeUntil, Still: c.Query("live") == "off",
	}
	if err := h.takeRange(c, &shown); err != nil {
		return err
	}
	q.Filter = shown.Filter
	erasures := h.live.Erasures()
	page, err := h.scoped.Search(c, q.Query)
	if err != nil {
		return err
	}
	if q.Text != "" {
		h.recorded.add(h.searchKey(c, q.Filter), h.Now())
	}
	if err := h.withRowStates(c, page.Events); err != nil {
		return err
	}
	now := h.Now()
	props := eventpages.ListProps{
		Frame:   h.Frame(c, "Events", ui.SectionEvents),
		Now:     now,
		Query:   shown,
		Events:  page.Events,
		Paged:   q.Cursor != 0,
		Past:    !q.Until.IsZero() && !q.Until.After(now),
		BaseURL: h.Proxies.BaseURL(c),
		Counts:  h.typeCounts(request.WithinScope(c, q.Filter)),
		Cameras: h.KnownCameras(c),
		Shifts:  h.Shifts,

		Erasures: erasures,
		Damaged:  respond.DamagedOn(c, page),
	}
	props.Live = !props.Paged && !props.Past && !shown.Still
	props.Fed, props.Still = props.Live, !props.Live
	if page.Next != 0 {
		props.Older = event.FormatCursor(page.Next, false)
	}
	return respond.Page(c, fiber.StatusOK, eventpages.ListPage(props))
}

// takeRange gives a query the times of its named range, if the address has one.
func (h *Handlers) takeRange(c *fiber.Ctx, q *eventpages.Query) error {
	if q.Range = c.Query("range"); q.Range == "" {
		return nil
	}
	period, ok := h.Shifts.Named(q.Range, h.Now(), request.Zone(c))
	if !ok {
		return problem.InvalidField("range", `The range must be "%s", "%s" or "%s".`, shift.ThisShift, shift.LastShift, shift.LastNight)
	}
	q.Since, q.Until, q.RelativeSince, q.RelativeUntil = period.Start, period.End, "", ""
	return nil
}

// typeCounts returns the numbers on the type chips: the events of each type in
// the page's time range, from its cameras. There are no counters by source or
// text, so a page with such a filter has no numbers.
func (h *Handlers) typeCounts(f event.Filter) eventpages.TypeCounts {
	if len(f.Sources) > 0 || f.Text != "" {
		return eventpages.TypeCounts{}
	}
	counted := h.store.Counters.Arrived(h.store.OnLog(h.Now()), f.Since, f.Until, f.Cameras...)
	counts := eventpages.TypeCounts{Counts: make(map[event.Type]int64), Over: "kept"}
	for _, in := range event.Catalogue() {
		counts.Counts[in.Type] = counted[in.Type]
	}
	if !f.Since.IsZero() || !f.Until.IsZero() {
		counts.Over = "of this time"
	}
	return counts
}

// canonicalEventsURL returns the address to which the filter's form redirects:
// without empty fields, and with since and until instead of from and to, which
// the form sends in the page's zone, and with the id of a camera whose name the form
// sends. asked is false if no redirect is needed.
func (h *Handlers) canonicalEventsURL(c *fiber.Ctx) (to string, asked bool, err error) {
	values := request.Query(c)
	for _, field := range []struct{ from, to string }{{"from", "since"}, {"to", "until"}} {
		asked = asked || values.Has(field.from)
		t, given, err := page.TakeFieldTime(c, values, field.from)
		if given == "" {
			continue
		}
		if err != nil {
			return "", false, problem.InvalidField(field.from, "%s is not a date and time. Write it as 2026-03-19T10:32.",
				request.QuoteClipped(given))
		}
		values.Set(field.to, t.Format(time.RFC3339Nano))
		values.Del("range")
	}
	for name, given := range values {
		kept := slices.DeleteFunc(slices.Clone(given), func(v string) bool { return strings.TrimSpace(v) == "" })
		asked = asked || len(kept) < len(given)
		if values[name] = kept; len(kept) == 0 {
			delete(values, name)
		}
	}
	for i, camera := range values["camera_id"] {
		if id := h.scoped.CameraNamed(c, camera); id != "" {
			values["camera_id"][i], asked = id, true
		}
	}
	to = ui.Path("/events")
	if len(values) > 0 {
		to += "?" + values.Encode()
	}
	return to, asked, nil
}

// EventPage shows one event.
func (h *Handlers) EventPage(c *fiber.Ctx) error {
	e, err := h.scoped.Event(c, request.PathID(c))
	if err != nil {
		return err
	}
	alerts, err := h.scoped.Alerts(c.UserContext(), []*event.Event{e})
	if err != nil {
		return err
	}
	props := eventpages.Props{
		Frame:   h.FrameOf(c, "Event", eventlist.Tab(ui.WithZone(c.UserContext(), request.Zone(c)), e), ui.SectionEvents),
		Now:     h.Now(),
		Event:   e,
		Alert:   alerts[0],
		BaseURL: h.Proxies.BaseURL(c),
	}
	if e.Silence != 0 { // retention may have removed the silence
		if props.Silence, err = h.scoped.SilenceOf(c, e.Silence); err != nil && !errors.Is(err, silences.ErrNone) {
			return err
		}
	}
	if request.May(c, access.ReadWebhooks) {
		deliveries, err := h.webhooks.EventDeliveries(c.UserContext(), e)
		if err != nil {
			return err
		}
		props.Deliveries, props.Endpoints = deliveries, webhooks.Views(h.webhooks)
		done := h.TakeFlash(c)
		to, _ := done.Detail.(sentTo)
		props.SentTo, props.Flash = string(to), done.Flash
	}
	if props.Newer, err = h.scoped.IDAt(c, e.Seq+1); err != nil {
		return err
	}
	if props.Older, err = h.scoped.IDAt(c, e.Seq-1); err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, eventpages.Page(props))
}
