package web

import (
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

// announce publishes an announcement of Postern's own.
func (s *service) announce(id string, kind event.Kind, resolves ...string) {
	s.t.Helper()
	e, err := event.Announcement{Module: "webhooks", Kind: kind, Message: "The webhook to a.example: " + id, Resolves: resolves}.Event(id,
		time.Now())
	if err == nil {
		_, err = s.hub.Publish(s.t.Context(), []*event.Event{e})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestAnnouncement_closesWhatItResolvesEverywhere(t *testing.T) {
	t.Parallel()
	s := startService(t)
	monitor := s.watch("?only=monitor")
	hear(t, monitor, "No open alerts")
	s.announce("failing", event.WebhookFailing)
	s.announce("other", event.WebhookFailing)
	hear(t, monitor, `id="a-failing"`)
	s.page("/").want(200).says("2 open alerts")

	s.announce("recovered", event.WebhookRecovered, "failing")
	heard := hear(t, monitor, "<b>Resolved</b>: webhooks: The webhook to a.example: recovered")
	if _, after, _ := strings.Cut(heard, "<b>Resolved</b>"); strings.Contains(after, `id="a-failing"`) ||
		strings.Contains(after, `id="a-recovered"`) {
		t.Errorf("then the monitor shows %s", after)
	}
	s.page("/").want(200).says("1 open alert", "Resolved by recovery", "<span>Resolved</span>").saysNot("2 open alerts", "a-state-recovered")
	s.page("/monitor").want(200).says(`id="a-other"`).saysNot(`id="a-failing"`, `id="a-recovered"`)
	s.page("/events/failing").want(200).says("Resolved by recovery", `href="/events/recovered"`).saysNot("Acknowledged by")
	s.page("/events/recovered").want(200).saysNot("acknowledge")

	s.get(apiPath+"/events/alerts").want(200).says(`"other"`).saysNot(`"failing"`, `"recovered"`)
	s.get(apiPath+"/events/alerts?state=acknowledged").want(200).says(`"by":"Postern"`, `"resolved_by":"recovered"`)
	s.get(apiPath + "/events/alerts?state=all").want(200).saysNot(`"id":"recovered"`)
	s.post(apiPath+"/events/failing/acknowledge", `{"by":"Alice"}`).want(200).says(`"resolved_by":"recovered"`)
	s.post(apiPath+"/events/recovered/acknowledge", `{"by":"Alice"}`).problem(409)
}
