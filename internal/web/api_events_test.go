package web

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const oneEvent = `{"type":"face_matched","source":"face_pipeline","data":{"label":"Alice Smith"},"camera_id":"lobby-cam-1"}`

type accepted struct {
	Accepted   int
	Duplicates int
	IDs        []string
}

func TestPostTakesOneEventAnArrayAndLines(t *testing.T) {
	s := startService(t)
	for name, body := range map[string]string{
		"one":    oneEvent,
		"array":  "[" + oneEvent + "," + oneEvent + "]",
		"ndjson": oneEvent + "\n" + oneEvent + "\r\n\n" + oneEvent,
	} {
		t.Run(name, func(t *testing.T) {
			var got accepted
			s.post("/api/v1/events", body).want(202).into(&got)
			if want := strings.Count(body, "face_matched"); got.Accepted != want || len(got.IDs) != want || got.Duplicates != 0 {
				t.Errorf("got %+v, want %d accepted", got, want)
			}
			for _, id := range got.IDs {
				if !strings.HasPrefix(id, "evt_") {
					t.Errorf("id %q", id)
				}
				s.get("/api/v1/events/" + id).want(200)
			}
		})
	}
}

func TestSameIDAgainIsADuplicateAndOtherContentAConflict(t *testing.T) {
	s := startService(t)
	first := `{"id":"door-1","type":"person_entered","source":"tracker","data":{"zone":"lobby"}}`
	s.post("/api/v1/events", first).want(202)
	var got accepted
	s.post("/api/v1/events", first).want(202).into(&got)
	if !reflect.DeepEqual(got, accepted{0, 1, []string{"door-1"}}) {
		t.Errorf("repeated: %+v", got)
	}
	other := strings.Replace(first, "lobby", "dock", 1)
	p := s.post("/api/v1/events", "["+oneEvent+","+other+"]").problem(409)
	if !strings.Contains(p.Detail, "door-1") || !strings.Contains(p.Detail, "[1]") {
		t.Errorf("detail names neither id nor index: %s", p.Detail)
	}
	if n := len(s.get("/api/v1/events/recent").events()); n != 1 {
		t.Errorf("%d events kept, want the first alone", n)
	}
}

func TestRefusedRequestKeepsNothing(t *testing.T) {
	s := startService(t)
	for name, c := range map[string]struct {
		body   string
		status int
		says   []string
	}{
		"cut short":      {`{"type":`, 400, []string{"ends in the middle"}},
		"not json":       {`hello`, 400, []string{"JSON"}},
		"empty":          {``, 400, []string{"empty"}},
		"empty array":    {`[]`, 400, []string{"empty"}},
		"a number":       {`7`, 400, []string{"object"}},
		"bad utf-8":      {"{\"type\":\"face_matched\",\"source\":\"a\xff\"}", 400, []string{"UTF-8", "column"}},
		"unknown type":   {`{"type":"face","source":"a"}`, 400, []string{"type", "face_detected", "system_error"}},
		"unknown field":  {`{"type":"face_matched","source":"a","label":"x"}`, 400, []string{"label", "data"}},
		"wrong types":    {`{"type":1,"source":[],"data":[],"camera_id":4,"timestamp":true,"id":6}`, 400, []string{"type"}},
		"one of several": {"[" + oneEvent + `,{"type":"face_matched"}]`, 400, []string{"Event [1], line 1, source", "Nothing"}},
		"bad timestamp":  {`{"type":"face_matched","source":"a","timestamp":"yesterday"}`, 400, []string{"2026-03-19T10:32:15Z"}},
		"reserved id":    {`{"id":"recent","type":"face_matched","source":"a"}`, 400, []string{"recent"}},
		"bad id":         {`{"id":"a b","type":"face_matched","source":"a"}`, 400, []string{"id"}},
		"event too big":  {`{"type":"face_matched","source":"a","data":{"x":"` + strings.Repeat("x", 256<<10) + `"}}`, 413, []string{"256 KiB"}},
		"too many":       {strings.Repeat(oneEvent+"\n", 10_001), 413, []string{"10000"}},
		"body too big":   {strings.Repeat(" ", 16<<20+1), 413, []string{"16 MiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.post("/api/v1/events", c.body).problem(c.status)
			for _, word := range c.says {
				if !strings.Contains(p.Detail, word) {
					t.Errorf("detail lacks %q: %s", word, p.Detail)
				}
			}
		})
	}
	if n := len(s.get("/api/v1/events/recent").events()); n != 0 {
		t.Errorf("%d events were kept", n)
	}
	s.do("POST", "/api/v1/events", "x", "Content-Encoding", "gzip").problem(415)
}

func TestRecentFiltersAndPagesStayRightWhileEventsArrive(t *testing.T) {
	s := startService(t)
	// More than the ring holds, so that pages cross into the store.
	var lines strings.Builder
	for i := range 250 {
		kind := []string{"face_matched", "line_crossed", "system_error"}[i%3]
		fmt.Fprintf(&lines, `{"id":"e%d","type":"%s","source":"s%d","camera_id":"cam %d, north","timestamp":"2026-03-19T10:%02d:00+02:00",`+
			`"data":{"label":"Person %d"}}`+"\n", i, kind, i%2, i%5, i%60, i)
	}
	s.post("/api/v1/events", lines.String()).want(202)

	if got := s.get("/api/v1/events/recent").events(); len(got) != 100 || got[0]["id"] != "e249" {
		t.Errorf("default page: %d events from %v", len(got), got[0]["id"])
	}
	for query, want := range map[string]int{
		"event_type=face_matched":                                    84,
		"event_type=face_matched,line_crossed":                       167,
		"event_type=face_matched&event_type=system_error":            167,
		"camera_id=cam+1%2C+north":                                   50,
		"source=s1&event_type=face_matched":                          42,
		"q=person+24":                                                11,
		"since=2026-03-19T08:58:00Z":                                 8,
		"since=2026-03-19T10:10:00+02:00&until=2026-03-19T08:12:00Z": 8,
		"camera_id=nowhere":                                          0,
	} {
		if got := s.get("/api/v1/events/recent?limit=1000&" + query).events(); len(got) != want {
			t.Errorf("%s: %d events, want %d", query, len(got), want)
		}
	}
	for _, order := range []string{"desc", "asc"} {
		var ids []string
		next := "/api/v1/events/recent?limit=30&event_type=face_matched&order=" + order
		for next != "" {
			page := s.get(next)
			for _, e := range page.events() {
				ids = append(ids, e["id"].(string))
			}
			s.post("/api/v1/events", `{"type":"line_crossed","source":"x"}`).want(202)
			link := page.header.Get("Link")
			next = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
		if len(ids) != 84 {
			t.Errorf("%s: pages gave %d events, want 84", order, len(ids))
		}
		for i, id := range ids {
			n := 3 * i
			if order == "desc" {
				n = 249 - 3*i
			}
			if id != fmt.Sprint("e", n) {
				t.Fatalf("%s: event %d is %s, want e%d", order, i, id, n)
			}
		}
	}
}

func TestBadQueriesSayWhatIsRight(t *testing.T) {
	s := startService(t)
	for query, says := range map[string]string{
		"limit=0":                               "1 to 1000",
		"limit=1001":                            "1 to 1000",
		"limit=ten":                             "1 to 1000",
		"event_type=face":                       "face_detected",
		"cursor=abc":                            "cursor",
		"since=yesterday":                       "since",
		"until=1x":                              "until",
		"order=up":                              "asc",
		"q=%ff":                                 "q",
		"camera_id=" + strings.Repeat("x", 129): "camera_id",
	} {
		if p := s.get("/api/v1/events/recent?" + query).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	// A cursor of one order is none of the other's.
	s.post("/api/v1/events", oneEvent+oneEvent).want(202)
	link := s.get("/api/v1/events/recent?limit=1").header.Get("Link")
	_, cursor, _ := strings.Cut(strings.TrimSuffix(link, `>; rel="next"`), "cursor=")
	cursor, _, _ = strings.Cut(cursor, "&")
	s.get("/api/v1/events/recent?order=asc&cursor=" + cursor).problem(400)
}

func TestCatalogueNamesAllTypesWithAnExampleThatIsAccepted(t *testing.T) {
	s := startService(t)
	types := s.get("/api/v1/events/types").events()
	if len(types) != 10 {
		t.Fatalf("%d types", len(types))
	}
	if got := types[0]["description"]; got != "A face was detected in an image or video frame" {
		t.Errorf("description %q", got)
	}
	for _, entry := range types {
		example, ok := entry["example"].(map[string]any)
		if !ok || len(example) == 0 {
			t.Errorf("%v has no example", entry["type"])
		}
	}
}

func TestUnknownAddressesAndMethodsAreProblems(t *testing.T) {
	s := startService(t)
	s.get("/api/v1/events/evt_none").problem(404)
	s.get("/api/v2").problem(404)
	a := s.do("PUT", "/api/v1/events", "{}")
	a.problem(405)
	if allow := a.header.Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow: %q", allow)
	}
	page := s.do("GET", "/nothing", "", "Accept", "text/html")
	if page.want(404); !strings.Contains(string(page.body), "<html") {
		t.Errorf("a browser got %s", page.body)
	}
}
