package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRowsShowWhereEventsWent(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	host := strings.TrimPrefix(receiver, "http://")
	s.registered(receiver+"/in", "*")
	s.registered(receiver+"/500", "face_matched")
	s.post(apiPath+"/events", `[{"id": "one", "type": "face_matched", "source": "x"}, {"id": "two", "type": "line_crossed",`+
		` "source": "x"}]`).want(202)
	s.until("/event-badges?id=two", "Delivered to "+host).saysNot("data-pending", "Failed at")
	s.until("/event-badges?id=one", "Delivered to "+host)
	a := s.until("/event-badges?id=one&id=none", "Failed at "+host+", will be retried").says("data-pending",
		`data-event="one"`).saysNot(`data-event="none"`)
	s.page("/events").says(string(a.body[strings.Index(string(a.body), `data-event`):]))
	s.get("/event-badges").want(400)
	s.get("/event-badges?id=" + strings.Repeat("x&id=", 101)).want(200) // one id, named often
	many := url.Values{}
	for i := range 101 {
		many.Add("id", strings.Repeat("x", i+1))
	}
	s.get("/event-badges?" + many.Encode()).want(400)
}

func TestManyWebhooksAreSummedUp(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	for range 5 {
		s.registered(receiver+"/in", "*")
	}
	s.registered(receiver+"/500", "*")
	s.post(apiPath+"/events", `{"id": "one", "type": "face_matched", "source": "x"}`).want(202)
	s.until("/event-badges?id=one", `title="Retrying at 1 webhook"`).says("data-pending")
	s.until("/event-badges?id=one", `title="Delivered at 5 webhooks"`).saysNot("Delivered to")
}

func TestAnEventsPageTellsItsDeliveries(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	good := s.registered(receiver+"/in", "*")
	bad := s.registered(receiver+"/500", "*")
	other := s.registered(receiver+"/other", "line_crossed")
	s.post(apiPath+"/events", `{"id": "one", "type": "face_matched", "source": "x"}`).want(202)
	s.until("/events/one", "Retrying").says("Next attempt", "Answered 500, an error at the receiver", "not now",
		`href="/webhooks/`+bad+`/attempts/at_`,
		`name="webhook" value="`+good+`"`, `<option value="`+other+`"`, `hx-trigger="every 3s, postern:refresh"`)
	s.submit("/webhooks/"+bad+"/pause", nil)
	s.until("/events/one", "Waiting, webhook paused").says("sent when the webhook is resumed", "Open the webhook")
	s.submit("/webhooks/"+good+"/remove", nil)
	s.page("/events/one").says("removed", "Delivered")
}

func TestAttemptsAreNarrowedOnAWebhooksPage(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	page := "/webhooks/" + s.registered(receiver+"/500", "*")
	s.post(apiPath+"/events", `{"id": "one", "type": "face_matched", "source": "x"}`).want(202)
	s.until(page, `<tr class="meaning-alert"`)
	s.page(page+"?outcome=failed&class=status").says(`<tr class="meaning-alert"`, `value="status" selected`)
	s.page(page+"?outcome=delivered").says("No matching attempts.").saysNot(`<tr class="meaning-alert"`, `name="class"`)
	s.page(page+"?since=2020-01-01T00:00:00Z").says(`<tr class="meaning-alert"`, `value="2020-01-01T00:00:00"`)
	s.page(page + "?until=2020-01-01T00:00:00Z").says("No matching attempts.")
	a := s.page(page + "?outcome=failed&class=&from=2020-01-01T00:00&to=").want(http.StatusSeeOther)
	if to := a.header.Get("Location"); to != page+"?outcome=failed&since=2020-01-01T00%3A00%3A00Z#attempts" {
		t.Errorf("the form leads to %s", to)
	}
	s.page(page+"?from=soon").want(422).says("Enter a date and a time", `aria-invalid="true"`, `value="soon"`)
	s.page(page + "?since=2021-01-01T00:00:00Z&until=2020-01-01T00:00:00Z").want(422).says("must be after the start")
	s.page(page + "?class=weather").want(400)
}

func TestAnAttemptsPageShowsBothSides(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	id := s.registered(receiver+"/500", "*")
	s.post(apiPath+"/events", `{"id": "one", "type": "face_matched", "source": "x", "data": {"label": "Zoë"}}`).want(202)
	s.until("/webhooks/"+id, "/attempts/at_1_0")
	s.page("/webhooks/"+id+"/attempts/at_1_0").want(200).
		says("POST /500", "X-Signature-256", "HMAC-SHA256", "webhook-signature", "Zoë", "500 Internal Server Error", "not now", "What to do:").
		saysNot("whsec_your", "The webhook was changed since")
	s.page("/webhooks/" + id + "/attempts/at_7_0").want(404)
	s.page("/webhooks/wh_none/attempts/at_1_0").want(404)
	s.submit("/webhooks/"+id+"/edit", url.Values{"url": {receiver + "/in"}, "event_types": {"*"}})
	s.page("/webhooks/"+id+"/attempts/at_1_0").says("The webhook was changed since", "POST /in")
}

func TestAURLIsCheckedBeforeItIsRegistered(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	check := func(raw string) *answer { return s.page("/webhooks/check-url?url=" + url.QueryEscape(raw)).want(200) }
	check(receiver+"/in").says("no name is looked up", "Plain http", "Nothing has been sent yet")
	check("https://10.0.0.1/").says("The host 10.0.0.1 is a loopback, private or special-purpose address", "--allow-target")
	check("ftp://example.com").says("must begin with https://")
	check("").says("over https or http").saysNot("meaning-alert", "is called")
	check("https://example.invalid/<b>x").saysNot("<b>x")
}

func TestRemovingSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	id := s.registered(receiver+"/500", "*")
	s.post(apiPath+"/events", `{"type": "face_matched", "source": "x"}`).want(202)
	s.until("/webhooks/"+id+"/remove", "Its backlog: 1 retry.").says("Its secret", "pause it")
}
