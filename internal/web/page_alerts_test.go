package web

import (
	"net/http"
	"net/url"
	"testing"

	"postern/internal/alert"
)

// The checkbox "All groups of this list" means the list that the page shows: its tab and
// its whole filter.
func TestInbox_acknowledgesAllOfTheShownListAlone(t *testing.T) {
	t.Parallel()
	s := startService(t)
	post := func(id, source, camera string) {
		t.Helper()
		s.post(apiPath+"/events", `{"id":"`+id+`","type":"liveness_failed","source":"`+source+`","camera_id":"`+camera+`"}`).want(202)
	}
	post("gate", "liveness", "gate")
	post("yard", "liveness", "yard")
	post("dock", "door", "dock")
	all := func(more url.Values) {
		t.Helper()
		form := url.Values{"through": {"3"}, "all": {"1"}, "by": {"Alice"}}
		for name, values := range more {
			form[name] = values
		}
		s.submit("/alerts/acknowledge", form).want(http.StatusSeeOther)
	}
	e, err := s.store.Get(t.Context(), "gate")
	if err != nil {
		t.Fatal(err)
	}
	group := s.store.Alerts.CauseID(alert.CauseOf(e)).String()
	assign := url.Values{"through": {"3"}, "group": {group}, "assignee": {"Alice"}, "by": {"Alice"}}
	s.submit("/alerts/assign", assign).want(http.StatusSeeOther)

	all(url.Values{"tab": {"mine"}, "by": {"Bob"}})
	s.wantAlerts("", "dock", "yard", "gate")
	all(url.Values{"tab": {"mine"}})
	s.wantAlerts("", "dock", "yard")
	s.page("/alerts?source=door").want(200).says(`<input type="hidden" name="source" value="door">`)
	all(url.Values{"tab": {"open"}, "source": {"door"}})
	s.wantAlerts("", "yard")
	all(url.Values{"tab": {"open"}})
	s.wantAlerts("")
}
