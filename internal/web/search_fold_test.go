package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// History, exports, streams and pages find names however they are written.
func TestSearchesRegardNeitherCaseNorMarks(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `{"id":"nfc","type":"face_matched","source":"a","data":{"label":"Søren Ångström"}}
{"id":"nfd","type":"face_matched","source":"a","data":{"label":"Søren A`+"\u030A"+`ngstro`+"\u0308"+`m"}}
{"id":"escaped","type":"face_matched","source":"a","data":{"label":"S\u00f8ren \u00c5ngstr\u00f6m"}}
{"id":"capitals","type":"face_matched","source":"a","camera_id":"ＳＯＲＥＮ ANGSTROM","data":{}}
{"id":"other","type":"face_matched","source":"a","data":{"label":"Soren Angst"}}`).want(202)
	for _, q := range []string{"soren angstrom", "Søren Ångström", "SØREN A\u030ANGSTRO\u0308M", "ｓｏｒｅｎ Angström", "ren ån"} {
		query := "?q=" + url.QueryEscape(q)
		want := []string{"capitals", "escaped", "nfd", "nfc"}
		if strings.HasPrefix(q, "ren") {
			want = append([]string{"other"}, want...)
		}
		var ids []string
		for _, e := range s.get(apiPath + "/events/recent" + query).want(200).events() {
			ids = append(ids, e["id"].(string))
		}
		if strings.Join(ids, " ") != strings.Join(want, " ") {
			t.Errorf("%+q finds %v, want %v", q, ids, want)
		}
		if lines := strings.Count(string(s.get(apiPath+"/events/export"+query).want(200).body), "\n"); lines != len(want) {
			t.Errorf("%+q exports %d events", q, lines)
		}
		s.page("/events"+query).want(http.StatusOK).says("Søren Ångström", "ＳＯＲＥＮ ANGSTROM")
	}
	s.page("/events?q=nobody").says("No matching events", "Case and accents make no difference")
	for _, q := range []string{"\u0301", "\u0308\u20dd"} {
		if p := s.get(apiPath + "/events/recent?q=" + url.QueryEscape(q)).problem(400); len(p.Errors) != 1 || p.Errors[0].Field != "q" ||
			!strings.Contains(p.Detail, "combining marks") {
			t.Errorf("%+q: %+v", q, p)
		}
	}
	// Names in filters are compared exactly.
	for camera, n := range map[string]int{"ＳＯＲＥＮ ANGSTROM": 1, "SOREN ANGSTROM": 0} {
		if got := s.get(apiPath + "/events/recent?camera_id=" + url.QueryEscape(camera)).want(200).events(); len(got) != n {
			t.Errorf("the camera %s has %d events", camera, len(got))
		}
	}
}
