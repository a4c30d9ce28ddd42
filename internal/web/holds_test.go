package web

import (
	"bytes"
	"strings"
	"testing"

	"postern/internal/web/api"
)

func TestHoldsByTheAPI(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post("/api/v1/events", aboutAlice+oneEvent+strings.Repeat(`{"type":"line_crossed","source":"t","camera_id":"gate"}`, 5)).want(202)
	var h api.Hold
	s.post("/api/v1/holds", `{"reason":"case 12","camera_ids":["gate"],"since":"2020-01-01T00:00:00Z",`+
		`"conditions":{"label":{"exists":true}}}`).want(200).into(&h)
	if h.ID == "" || h.Reason != "case 12" || h.Kept == nil || h.Since != "2020-01-01T00:00:00+00:00" ||
		string(h.Conditions) != `{"label":{"exists":true}}` {
		t.Errorf("the hold is %+v", h)
	}
	path := "/api/v1/holds/" + h.ID
	if a := s.get(path + "/events").want(200); a.header.Get("Content-Type") != "application/x-ndjson" ||
		bytes.Count(a.body, []byte("\n")) != 1 || !bytes.Contains(a.body, []byte("about-alice")) {
		t.Errorf("its events are %s", a.body)
	}
	if p := s.do("DELETE", "/api/v1/identities/person%2F77", "").problem(409); !strings.Contains(p.Detail, h.ID) {
		t.Errorf("erasing what is on hold: %s", p.Detail)
	}
	var all api.Hold
	s.post("/api/v1/holds", `{"reason":"all","event_types":["line_crossed"]}`).want(200).into(&all)
	lines, next := 0, "/api/v1/holds/"+all.ID+"/events?limit=2"
	for pages := 0; next != ""; pages++ {
		a := s.get(next).want(200)
		lines += bytes.Count(a.body, []byte("\n"))
		next = strings.TrimSuffix(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
		if pages > 5 {
			t.Fatal("the pages never end")
		}
	}
	if lines != 5 {
		t.Errorf("%d events in all pages, want 5", lines)
	}
	var list []api.Hold
	if s.get("/api/v1/holds").want(200).into(&list); len(list) != 2 || list[0].ID != h.ID {
		t.Errorf("the list is %+v", list)
	}
	s.do("DELETE", path, "").want(200)
	s.do("DELETE", path, "").problem(404)
	s.get(path).problem(404)
	s.get(path + "/events").problem(404)
	s.do("DELETE", "/api/v1/identities/person%2F77", "").want(200)
	for _, body := range []string{
		``, `{}`, `{"reason":"x"}`, `{"reason":" ","event_types":["*"]}`, `{"reason":"x","event_types":["faces"]}`,
		`{"reason":"x","since":"soon"}`,
		`{"reason":"x","conditions":{"a":{"~":1}}}`, `{"reason":"x","camera_ids":[""]}`,
		`{"reason":"x","identity_id":"` + strings.Repeat("x", 600) + `"}`,
		`{"reason":"x","id":"mine","event_types":["*"]}`, `{"reason":"` + strings.Repeat("x", 1001) + `","event_types":["*"]}`,
	} {
		s.post("/api/v1/holds", body).problem(400)
	}
	for _, query := range []string{"?limit=0", "?cursor=x", "?q=x"} {
		s.get("/api/v1/holds/" + all.ID + "/events" + query).problem(400)
	}
}
