package web

import (
	"regexp"
	"slices"
	"testing"
)

func TestTheOverviewNamesOpenAlertsAndShowsTheirGroups(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.page("/").want(200).says("No open alerts").saysNot("1 open alert")
	for id, e := range map[string]string{
		"one": `"type":"watchlist_alert","data":{"identity_id":"p-1"}`, "two": `"type":"system_error","data":{}`,
		"three": `"type":"watchlist_alert","data":{"identity_id":"p-1"}`,
	} {
		s.post(apiPath+"/events", `{"id":"`+id+`","timestamp":"2026-03-19T10:32:15Z","source":"video",`+e+`}`).want(202)
	}
	shown := func() (groups []string) {
		t.Helper()
		row := regexp.MustCompile(`<tr id="g-[0-9a-f]+" class="group meaning-([a-z]+)"`)
		for _, m := range row.FindAllSubmatch(s.page("/").want(200).body, -1) {
			groups = append(groups, string(m[1]))
		}
		return groups
	}
	s.page("/").want(200).says(`<a href="/alerts">3 open alerts</a>`, "Needs attention", "3 open alerts in 2 groups")
	if got, want := shown(), []string{"alert", "fault"}; !slices.Equal(got, want) {
		t.Errorf("it shows groups of %v, want %v", got, want)
	}
	for _, id := range []string{"three", "two"} {
		s.post(apiPath+"/events/"+id+"/acknowledge", `{"by":"Alice"}`).want(200)
	}
	s.page("/").want(200).says(`<a href="/alerts">1 open alert</a>`)
	if got, want := shown(), []string{"alert"}; !slices.Equal(got, want) {
		t.Errorf("it shows groups of %v, want %v", got, want)
	}
	s.post(apiPath+"/events/one/acknowledge", `{"by":"Alice"}`).want(200)
	s.page("/").want(200).says("All is well", "No open alerts", "Acknowledged by <bdi>Alice</bdi>").saysNot("1 open alert")
}
