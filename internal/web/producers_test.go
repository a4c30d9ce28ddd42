package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postern/internal/access"
	"postern/internal/account"
)

// reading lets a key that posts events read them too.
func reading(k *access.NewKey) { k.Scopes = append(k.Scopes, account.ScopeRead) }

func producing(name string) func(*access.NewKey) {
	return func(k *access.NewKey) { k.Producer = name }
}

// No key blocks another's event, and the answer is the same whether an id is
// free, another producer's with the same content, or with other content.
func TestNoKeyBlocksAnothersIDs(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"17", "1710842535.1:a", "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			g := startGuarded(t)
			mine, others := g.key("mine", account.ScopeIngest), g.key("others", account.ScopeIngest)
			body := func(id, label string) string {
				return fmt.Sprintf(`[{"type":"line_crossed","source":"s"},{"id":%q,"type":"face_matched","source":"s",`+
					`"timestamp":"2026-03-19T10:32:15Z","data":{"label":%q}}]`, id, label)
			}
			g.do("POST", apiPath+"/events", body(id, "Alice"), mine...).want(202)
			free := g.do("POST", apiPath+"/events", body("free", "Alice"), others...).want(202)
			for _, label := range []string{"Alice", "Bob"} {
				other := g.key("other-"+label, account.ScopeIngest)
				a := g.do("POST", apiPath+"/events", body(id, label), other...).want(202)
				// All but the ids, of which the made one is random.
				if got, want := string(a.body[:len(`{"accepted":2,"duplicates":0,`)]), `{"accepted":2,"duplicates":0,`; got != want ||
					!strings.HasSuffix(string(a.body), fmt.Sprintf(`,%q]}`, id)) {
					t.Errorf("%s answers %s, and a free id %s", label, a.body, free.body)
				}
				// Sent again it is its own duplicate, and other content its own conflict.
				again := fmt.Sprintf(`{"id":%q,"type":"face_matched","source":"s","data":{"label":%q}}`, id, label)
				if a := g.do("POST", apiPath+"/events", again, other...).want(202); string(a.body) !=
					fmt.Sprintf(`{"accepted":0,"duplicates":1,"ids":[%q]}`, id) {
					t.Errorf("%s again: %s", label, a.body)
				}
				g.do("POST", apiPath+"/events", body(id, "Carol"), other...).problem(409)
			}
			// A successor of the key has the same producer.
			next := g.key("mine-2027", account.ScopeIngest, producing("mine"))
			again := fmt.Sprintf(`{"id":%q,"type":"face_matched","source":"s","data":{"label":"Alice"}}`, id)
			if a := g.do("POST", apiPath+"/events", again, next...).want(202); !strings.HasPrefix(string(a.body), `{"accepted":0,"duplicates":1`) {
				t.Errorf("the next key: %s", a.body)
			}
		})
	}
}

// The id of a producer leads to its event everywhere, for whoever may see it.
func TestProducerIDsLeadToTheirEvents(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	const id = "nvr.7:99"
	type seen struct {
		ID         string
		ProducerID string `json:"producer_id"`
		CameraID   string `json:"camera_id"`
	}
	var readers [3][]string
	for i, camera := range []string{"north", "south", "east"} {
		readers[i] = g.key(camera, account.ScopeIngest, reading, onlyCameras(camera))
		g.do("POST", apiPath+"/events", fmt.Sprintf(`{"id":%q,"type":"watchlist_alert","source":"s","camera_id":%q}`, id, camera),
			readers[i]...).want(202)
	}
	find := func(as []string) (e seen) {
		t.Helper()
		g.do("GET", apiPath+"/events/"+id, "", as...).want(200).into(&e)
		return e
	}
	for i, camera := range []string{"north", "south", "east"} {
		if e := find(readers[i]); e.CameraID != camera || (i == 0) != (e.ID == id) || (i == 0) != (e.ProducerID == "") {
			t.Errorf("for the reader of %s the id means %+v", camera, e)
		}
	}
	g.account("olga", account.Operator)
	operator := g.signedIn("olga")
	if e := find(operator); e.CameraID != "north" {
		t.Errorf("for all the id means %+v", e)
	}
	// the newest
	if e := find(g.key("south-east", account.ScopeRead, onlyCameras("east", "south"))); e.CameraID != "east" || e.ProducerID != id {
		t.Errorf("for two cameras the id means %+v", e)
	}
	west := g.key("west", account.ScopeRead, onlyCameras("west"))
	g.do("GET", apiPath+"/events/"+id, "", west...).problem(404)

	// Acknowledging, deliveries, a search, the page and the export.
	south := find(readers[1])
	g.account("sam", account.Operator, "south")
	sam := g.signedIn("sam")
	var alert struct{ Event seen }
	g.do("POST", apiPath+"/events/"+id+"/acknowledge", "", sam...).want(200).into(&alert)
	if alert.Event.ID != south.ID {
		t.Errorf("acknowledged %+v, want %+v", alert.Event, south)
	}
	g.do("GET", apiPath+"/events/"+south.ID+"/deliveries", "", operator...).want(200)
	g.do("GET", "/events/"+id, "", append(slices.Clone(sam), "Accept", "text/html")...).want(200).says(south.ID, "Producer's ID",
		"<code>"+id+"</code>")
	var found []seen
	g.do("GET", apiPath+"/events/recent?q="+id, "", operator...).want(200).into(&found)
	if len(found) != 3 {
		t.Errorf("a search for the id finds %+v", found)
	}
	if table := g.do("GET", apiPath+"/events/export?format=csv", "", operator...).want(200); strings.Count(string(table.body),
		","+id+",\r\n") != 2 {
		t.Errorf("the export is %s", table.body)
	}
}

// Every event of a batch that conflicts is named, with its line.
func TestConflictsAreAllNamed(t *testing.T) {
	t.Parallel()
	s := startService(t)
	line := func(id, label string) string {
		return fmt.Sprintf(`{"id":%q,"type":"face_matched","source":"s","timestamp":"2026-03-19T10:32:15Z","data":{"label":%q}}`, id, label)
	}
	s.post(apiPath+"/events", line("a", "1")+"\n"+line("b", "1")+"\n"+line("c", "1")).want(202)
	p := s.post(apiPath+"/events", line("a", "2")+"\n\n"+line("b", "1")+"\n"+line("new", "1")+"\n"+line("c", "2")).problem(409)
	if len(p.Errors) != 2 || *p.Errors[0].Index != 0 || p.Errors[0].Line != 1 || *p.Errors[1].Index != 3 || p.Errors[1].Line != 5 ||
		p.Errors[1].Field != "id" || !strings.Contains(p.Errors[1].Message, `"c"`) {
		t.Errorf("%+v", p)
	}
	s.get(apiPath + "/events/new").problem(404)
	// Of many, a hundred.
	var many, other []string
	for i := range 150 {
		many, other = append(many, line(fmt.Sprint("m", i), "1")), append(other, line(fmt.Sprint("m", i), "2"))
	}
	s.post(apiPath+"/events", strings.Join(many, "\n")).want(202)
	if p := s.post(apiPath+"/events", strings.Join(other, "\n")).problem(409); len(p.Errors) != 100 ||
		!strings.Contains(p.Detail, "149 more") {
		t.Errorf("%d errors: %s", len(p.Errors), p.Detail)
	}
}
