package pages

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/counters"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	eventpages "postern/views/events"
	"postern/views/ui"
)

// EventsPage lists events, newest first. It reads the same query as the API.
func (h *Handlers) EventsPage(c *fiber.Ctx) error {
	if to, asked, err := canonicalEventsURL(c); asked || err != nil {
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
	q.Ascending, q.Limit = false, event.DefaultPageEvents
	shown := eventpages.Query{
		Filter: q.Filter, RelativeSince: q.RelativeSince, RelativeUntil: q.RelativeUntil, Still: c.Query("live") == "off",
	}
	erasures := h.live.Erasures()
	page, err := h.scoped.Search(c, q.Query)
	if err != nil {
		return err
	}
	if q.Text != "" {
		h.recorded.add(h.searchKey(c, q.Filter), h.now())
	}
	if err := h.withDeliveries(c, page.Events); err != nil {
		return err
	}
	now := h.now()
	props := eventpages.ListProps{
		Frame:   h.frame(c, "Events", ui.SectionEvents),
		Now:     now,
		Query:   shown,
		Events:  page.Events,
		Paged:   q.Cursor != 0,
		Past:    !q.Until.IsZero() && !q.Until.After(now),
		BaseURL: h.proxies.BaseURL(c),
		Counts:  h.typeCounts(request.WithinScope(c, q.Filter)),
		Cameras: h.knownCameras(c),

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

// typeCounts returns the numbers on the type chips: the events of each type in
// the page's time range, from its cameras. There are no counters by source or
// text, so a page with such a filter has no numbers.
func (h *Handlers) typeCounts(f event.Filter) eventpages.TypeCounts {
	if len(f.Sources) > 0 || f.Text != "" {
		return eventpages.TypeCounts{}
	}
	counted := h.store.Counters.Arrived(h.store.OnLog(h.now()), f.Since, f.Until, f.Cameras...)
	counts := eventpages.TypeCounts{Counts: make(map[event.Type]int64), Over: "kept"}
	for _, in := range event.Catalogue() {
		counts.Counts[in.Type] = counted[in.Type]
	}
	if !f.Since.IsZero() || !f.Until.IsZero() {
		counts.Over = "of this time"
	}
	return counts
}

// maxOfferedCameras is the maximum number of suggestions in a camera field.
const maxOfferedCameras = 500

// knownCameras returns the suggestions for a camera field: the names of the last
// seen cameras, in the order of their names.
func (h *Handlers) knownCameras(c *fiber.Ctx) []string {
	known := slices.DeleteFunc(h.store.Counters.LastSeen(), func(k counters.LastSeen) bool {
		return !request.Principal(c).Cameras.Allow(k.Name)
	})
	if len(known) > maxOfferedCameras {
		slices.SortFunc(known, func(a, b counters.LastSeen) int { return cmp.Compare(b.LastSeq, a.LastSeq) })
		known = known[:maxOfferedCameras]
	}
	names := make([]string, len(known))
	for i, camera := range known {
		names[i] = camera.Name
	}
	slices.Sort(names)
	return names
}

// takeFieldTime takes a time field of a form out of a query. The form sends it in the
// page's zone, and beside it the exact time where the field can't express that. given
// is the field's text; empty for none.
func takeFieldTime(c *fiber.Ctx, values url.Values, name string) (t time.Time, given string, err error) {
	given = values.Get(name)
	exactly := values.Get(name + "_exactly")
	values.Del(name)
	values.Del(name + "_exactly")
	if given == "" {
		return t, "", nil
	}
	t, err = request.FieldTime(given, exactly, c.Context().Time(), request.Zone(c))
	return t, given, err
}

// canonicalEventsURL returns the address to which the filter's form redirects:
// without empty fields, and with since and until instead of from and to, which
// the form sends in the page's zone. asked is false if no redirect is needed.
func canonicalEventsURL(c *fiber.Ctx) (to string, asked bool, err error) {
	values := request.Query(c)
	for _, field := range []struct{ from, to string }{{"from", "since"}, {"to", "until"}} {
		asked = asked || values.Has(field.from)
		t, given, err := takeFieldTime(c, values, field.from)
		if given == "" {
			continue
		}
		if err != nil {
			return "", false, problem.InvalidField(field.from, "%s is not a date and time. Write it as 2026-03-19T10:32.",
				request.QuoteClipped(given))
		}
		values.Set(field.to, t.Format(time.RFC3339Nano))
	}
	for name, given := range values {
		kept := slices.DeleteFunc(slices.Clone(given), func(v string) bool { return strings.TrimSpace(v) == "" })
		asked = asked || len(kept) < len(given)
		if values[name] = kept; len(kept) == 0 {
			delete(values, name)
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
		Frame:   h.frameOf(c, "Event", ui.EventTab(e, request.Zone(c)), ui.SectionEvents),
		Now:     h.now(),
		Event:   e,
		Alert:   alerts[0],
		BaseURL: h.proxies.BaseURL(c),
	}
	if request.May(c, access.ReadWebhooks) {
		deliveries, err := h.webhooks.EventAttempts(c.UserContext(), e)
		if err != nil {
			return err
		}
		props.Deliveries, props.Endpoints = deliveries, h.endpointViews()
		done := h.takeFlash(c)
		props.SentTo, props.Flash = done.SentTo, done.Flash
	}
	if props.Newer, err = h.scoped.IDAt(c, e.Seq+1); err != nil {
		return err
	}
	if props.Older, err = h.scoped.IDAt(c, e.Seq-1); err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, eventpages.Page(props))
}
