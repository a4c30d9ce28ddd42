package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"postern/internal/event"
)

// An event whose id is a fixed word of a route would be unreachable. Other
// words needn't be refused.
func TestReservedIDsAreTheRoutesOwnWords(t *testing.T) {
	t.Parallel()
	var words []string
	for _, r := range startService(t).server.table {
		for _, at := range []string{apiPath + "/events/", "/events/"} {
			if rest, ok := strings.CutPrefix(r.path, at); ok {
				if word, _, _ := strings.Cut(rest, "/"); !strings.HasPrefix(word, ":") {
					words = append(words, word)
				}
			}
		}
	}
	slices.Sort(words)
	if words = slices.Compact(words); !slices.Equal(words, event.ReservedIDs()) {
		t.Errorf("the routes have the words %q, and event.ReservedIDs %q", words, event.ReservedIDs())
	}
}

// awkwardIDs are ids with characters that are special in a path, a selector, a
// route pattern, a time or a spreadsheet.
var awkwardIDs = []string{
	"1710842535.123456-ab12cd", // Frigate's form
	"urn:uuid:0b7d6f0e-9c8d-4c53-8c7e-000000000001",
	"nvr.7:cam:3.event.99", "...", "..x", ".hidden", "a.", ":", ":id", "a:b.c_d-e", "-1", "recent.", "types:1",
	strings.Repeat("x", 120) + ".:._:-.9",
}

// TestAwkwardIDsWorkEverywhere uses each id in every URL that has one, as it is
// and encoded as by encodeURIComponent.
func TestAwkwardIDsWorkEverywhere(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise(awkwardIDs...)
	hook := s.registered("http://127.0.0.1:1/", "document_scanned")
	for _, id := range awkwardIDs {
		for _, in := range []string{url.PathEscape(id), url.QueryEscape(id), strings.ReplaceAll(url.QueryEscape(id), ".", "%2E")} {
			at := apiPath + "/events/" + in
			var e struct{ ID string }
			if s.get(at).want(http.StatusOK).into(&e); e.ID != id {
				t.Errorf("%s is the event %q", in, e.ID)
			}
			s.get(at + "/deliveries").want(http.StatusOK)
			s.post(at+"/acknowledge", `{"by":"Alice"}`).want(http.StatusOK)
			s.page("/events/" + in).want(http.StatusOK).says("<code>" + id + "</code>")
			form := url.Values{"webhook": {hook}}
			if to := s.submit("/events/"+in+"/resend", form).want(http.StatusSeeOther).header.Get("Location"); to != "/events/"+url.PathEscape(id) {
				t.Errorf("sending %s again leads to %s", in, to)
			}
			s.page("/event-badges?id=" + url.QueryEscape(id)).want(http.StatusOK)
		}
		s.post(apiPath+"/events/webhooks/"+hook+"/resend", fmt.Sprintf(`{"event_id":%q}`, id)).want(http.StatusAccepted)
		if found := s.get(apiPath + "/events/recent?q=" + url.QueryEscape(id)).want(http.StatusOK); !strings.Contains(string(found.body),
			`"id":"`+id+`"`) {
			t.Errorf("a search for %s finds %s", id, found.body)
		}
		if row := s.get(apiPath + "/events/export?format=csv&q=" + url.QueryEscape(id)).want(http.StatusOK); !strings.Contains(string(row.body),
			id+",watchlist_alert") {
			t.Errorf("the export of %s is %s", id, row.body)
		}
	}
	s.post(apiPath+"/events/alerts/acknowledge", fmt.Sprintf(`{"by":"Alice","through":%q}`, awkwardIDs[len(awkwardIDs)-1])).want(http.StatusOK)
}

func TestIDsThatCantBeReachedAreRefused(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, id := range append(event.ReservedIDs(), ".", "..", "", strings.Repeat("x", 129), "a/b", "a%2eb", "a b") {
		p := s.post(apiPath+"/events", fmt.Sprintf(`{"id":%q,"type":"face_matched","source":"face"}`, id)).problem(http.StatusBadRequest)
		if len(p.Errors) != 1 || p.Errors[0].Field != "id" {
			t.Errorf("%q: %+v", id, p)
		}
	}
}

// A producer's library may format the same event differently when it sends it
// again.
func TestAnEventInAnotherSpellingIsADuplicate(t *testing.T) {
	t.Parallel()
	s := startService(t)
	const first = `{"id":"spelt","type":"face_matched","source":"face","timestamp":"2026-03-19T10:32:15Z","data":{"label":"Søren",` +
		`"similarity":0.5,"seen":9007199254740993}}`
	s.post(apiPath+"/events", first).want(http.StatusAccepted)
	for _, again := range []string{
		first,
		`{"data":{"seen":9007199254740993,"similarity":5e-1,"label":"S\u00f8ren"},"timestamp":"2026-03-19T11:32:15.000+01:00",` +
			`"camera_id":null,"source":"f\u0061ce","type":"face_matched","id":"spelt"}`,
		"{\n \"id\": \"spelt\", \"type\": \"face_matched\", \"source\": \"face\", \"data\": {\"similarity\": 0.50, \"label\": \"Søren\", " +
			"\"seen\": 9007199254740993.0}}",
	} {
		if a := s.post(apiPath+"/events", again).want(http.StatusAccepted); string(a.body) != `{"accepted":0,"duplicates":1,"ids":["spelt"]}` {
			t.Errorf("%s answers %s", again, a.body)
		}
	}
	for _, other := range []string{
		strings.Replace(first, "9007199254740993", "9007199254740992", 1),
		strings.Replace(first, "0.5", "0.500000000000000000001", 1),
		strings.Replace(first, "Søren", "Soren", 1),
		strings.Replace(first, "10:32:15Z", "10:32:15+01:00", 1),
	} {
		s.post(apiPath+"/events", other).problem(http.StatusConflict)
	}
	if all := s.get(apiPath + "/events/recent").events(); len(all) != 1 {
		t.Errorf("%d events are kept", len(all))
	}
}
