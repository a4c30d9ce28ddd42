package escalation

import (
	"context"
	"testing"
	"time"

	"strings"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/hub"
	"postern/internal/hubtest"
	"postern/internal/store"
	"postern/internal/store/alerts"
)

// site is a log whose clock the test moves.
type site struct {
	*testing.T
	log *hubtest.Log
	now time.Time
	*Service
}

func start(t *testing.T, after After) *site {
	s := &site{T: t, now: time.Date(2026, 3, 19, 10, 0, 0, 0, time.UTC)}
	begun := s.now
	s.log = hubtest.Open(t, hubtest.Options{
		Store: store.Options{Now: func() time.Time { return s.now }, Elapsed: func() time.Duration { return s.now.Sub(begun) }},
		Hub:   hub.Options{History: 100},
	})
	s.Service = New(s.log.Store, s.log.Hub, after, nil)
	return s
}

func (s *site) send(typ event.Type, camera string) *event.Event {
	s.Helper()
	e := eventtest.New(eventtest.WithType(typ), eventtest.At(s.now), eventtest.WithCamera(camera), eventtest.WithData(`{}`))
	if _, err := s.log.Hub.Publish(s.Context(), []*event.Event{e}); err != nil {
		s.Fatal(err)
	}
	return e
}

// escalated returns the data of the escalations in the log.
func (s *site) escalated() (found []string) {
	s.Helper()
	if err := s.look(s.Context()); err != nil {
		s.Fatal(err)
	}
	page, err := s.log.Store.Alerts.List(context.Background(), alerts.Query{State: alerts.All, Limit: 100})
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range page.Events {
		if e.Escalation() {
			s.Error("an escalation is among the alerts")
		}
	}
	all, err := s.log.Hub.Search(s.Context(), event.Query{
		Filter: event.Filter{Sources: []string{event.OwnSource}}, Limit: 100, Ascending: true,
	})
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range all.Events {
		found = append(found, string(e.Data))
	}
	return found
}

func TestEscalation_announces_an_alert_once_after_its_time(t *testing.T) {
	s := start(t, After{event.Alert: 15 * time.Minute})
	s.send(event.WatchlistAlert, "gate")
	s.send(event.LivenessFailed, "gate") // never escalated here
	s.now = s.now.Add(14 * time.Minute)
	if found := s.escalated(); len(found) != 0 {
		t.Fatalf("too early: %s", found)
	}
	s.send(event.WatchlistAlert, "gate")
	s.now = s.now.Add(2 * time.Minute)
	for range 3 { // once, however often it looks
		if found := s.escalated(); len(found) != 1 || !contains(found[0], `"alerts":1`, `"cameras":["gate"]`, `"event_type":"watchlist_alert"`) {
			t.Fatalf("the escalations are %s", found)
		}
	}
	s.now = s.now.Add(15 * time.Minute)
	if found := s.escalated(); len(found) != 2 || !contains(found[1], `"alerts":1`) {
		t.Fatalf("the later alert is escalated on its own: %s", found)
	}
}

func TestEscalation_of_an_acknowledged_alert_isn_t_made(t *testing.T) {
	s := start(t, After{event.Alert: time.Minute, event.Attention: time.Minute, event.Fault: time.Minute})
	s.send(event.LivenessFailed, "gate")
	if _, err := s.log.Store.Alerts.AcknowledgeAll(t.Context(), alerts.Selection{}, alert.Act{By: "Alice"}); err != nil {
		t.Fatal(err)
	}
	s.send(event.SystemError, "yard")
	s.now = s.now.Add(2 * time.Minute)
	if found := s.escalated(); len(found) != 1 || !contains(found[0], `"yard"`) {
		t.Fatalf("the escalations are %s", found)
	}
	s.now = s.now.Add(time.Hour)
	if found := s.escalated(); len(found) != 1 {
		t.Fatalf("an escalation was escalated: %s", found)
	}
}

func contains(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
