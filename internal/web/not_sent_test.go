package web

import (
	"slices"
	"testing"

	"postern/internal/account"
	"postern/internal/web/api"
)

// An event's deliveries name every webhook, and the rule that kept the event from it,
// to principals that may read both.
func TestAnEventsDeliveries_SayWhyItWasNotSent(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	manage := g.key("manager", account.ScopeManage)
	g.account("olga", account.Operator)
	g.account("sam", account.Operator, "dock")
	g.account("vera", account.Viewer)
	olga, sam, vera := g.signedIn("olga"), g.signedIn("sam"), g.signedIn("vera")
	var hook api.Webhook
	g.do("POST", apiPath+"/events/webhooks", `{"url":"https://receiver.example/vip","event_types":["watchlist_alert"],
		"conditions":{"similarity":{">=":0.9}},"generate_secret":true}`, manage...).want(200).into(&hook)
	g.do("POST", apiPath+"/events", `{"id":"low","type":"watchlist_alert","source":"s","camera_id":"lobby","data":{"similarity":0.4211}}`,
		g.key("cameras", account.ScopeIngest)...).want(202)

	var got []api.Delivery
	g.do("GET", apiPath+"/events/low/deliveries", "", olga...).want(200).into(&got)
	if len(got) != 1 || got[0].State != "not_sent" || got[0].Reason == nil || len(got[0].Attempts) != 0 {
		t.Fatalf("the deliveries are %+v", got)
	}
	r := got[0].Reason
	if r.Rule != "condition" || r.Detail != "The webhook requires similarity >= 0.9; this event has 0.4211." || r.Field != "similarity" ||
		r.Operator != ">=" || string(r.Expected) != "0.9" || string(r.Value) != "0.4211" || r.Settings == nil ||
		!slices.Equal(r.Settings.EventTypes, []string{"watchlist_alert"}) || r.Settings.Until != "" {
		t.Errorf("the reason is %+v", r)
	}
	html := func(as []string) []string { return append(slices.Clone(as), "Accept", "text/html") }
	g.do("GET", "/events/low", "", html(olga)...).want(200).says("Not sent to 1 webhook", "requires similarity &gt;= 0.9", "receiver.example")

	// A program that may not read events doesn't learn their data.
	g.do("GET", apiPath+"/events/low/deliveries", "", manage...).want(200).says("requires similarity").saysNot("0.4211")
	// Principals that may not read webhooks see no list, those of other cameras no event.
	g.do("GET", apiPath+"/events/low/deliveries", "", vera...).problem(403)
	g.do("GET", "/events/low", "", html(vera)...).want(200).saysNot("Not sent to", "receiver.example")
	g.do("GET", apiPath+"/events/low/deliveries", "", sam...).problem(403)
	g.do("GET", "/events/low", "", html(sam)...).want(404).saysNot("receiver.example")
}
