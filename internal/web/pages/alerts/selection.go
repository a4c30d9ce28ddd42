package alerts

import (
	"net/url"
	"strconv"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
	alertviews "postern/views/alerts"
)

// selected reads which alerts a person's form acts on: one group, the groups whose boxes
// are checked, or all of the list, which a filter and the tab restrict. Alerts that
// arrived after the page was made stay open.
func selected(form url.Values, person string) ([]alerts.Selection, error) {
	through, err := strconv.ParseInt(form.Get("through"), 10, 64)
	if err != nil || through < 1 {
		return nil, problem.InvalidField("through", "The value must be a sequence number. Load the page again.")
	}
	names := form["group"]
	if only := form.Get("only"); only != "" {
		names = []string{only}
	} else if form.Get("all") != "" {
		sel := alerts.Selection{Through: through}
		if alertviews.Tab(form.Get("tab")) == alertviews.TabMine {
			sel.Assignee = person
		}
		sel.Cameras, sel.Sources = form["camera_id"], form["source"]
		if types := form["event_type"]; len(types) > 0 {
			if sel.Types, err = event.ParseTypes(request.Dedupe(types)); err != nil {
				return nil, problem.InvalidField("event_type", "%s", err)
			}
		}
		return []alerts.Selection{sel}, nil
	}
	if len(names) == 0 {
		return nil, problem.InvalidField("group", "Select at least one group of alerts.")
	}
	if len(names) > alertviews.PageSize {
		return nil, problem.InvalidField("group", "Select at most %d groups at once.", alertviews.PageSize)
	}
	var out []alerts.Selection
	for _, name := range names {
		cause, ok := alert.ParseCauseID(name)
		if !ok {
			return nil, problem.InvalidField("group", "The value isn't the id of a group. Load the page again.")
		}
		out = append(out, alerts.Selection{Cause: cause, Through: through})
	}
	return out, nil
}
