package web

import (
	"cmp"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestAPIPageShowsAllOfTheDescriptionWithoutAnythingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := startService(t)
	pages := s.apiReference()
	s.get("/docs/api/nothing").want(404)
	all := strings.Join(slices.Collect(maps.Values(pages)), "")
	for _, op := range operations(t) {
		if !strings.Contains(all, `id="`+op.OperationID+`"`) || !strings.Contains(all, op.Summary) {
			t.Errorf("it doesn't show %s", op.OperationID)
		}
		for name := range queryParameters(op.item, op.Operation) {
			if !strings.Contains(all, "<code>"+name+"</code>") {
				t.Errorf("it doesn't show the parameter %s", name)
			}
		}
	}
	ids := map[string]bool{} // of all pages, after the address of theirs
	for path, page := range pages {
		for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if ids[path+"#"+m[1]] {
				t.Errorf("the id %s is twice on %s", m[1], path)
			}
			ids[path+"#"+m[1]] = true
		}
	}
	for path, page := range pages {
		for _, m := range regexp.MustCompile(`href="(/docs/api[^"#]*)?#([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if to := cmp.Or(m[1], path) + "#" + m[2]; !ids[to] {
				t.Errorf("a link of %s leads to %s, which isn't there", path, to)
			}
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="(\w+:[^"]*)"`).FindAllStringSubmatch(page, -1) {
			t.Errorf("%s asks for %s", path, m[1])
		}
	}
	if len(ids) < 60 {
		t.Errorf("only %d ids", len(ids))
	}
}

// apiReference returns the pages of the API reference by their addresses.
func (s *service) apiReference() map[string]string {
	s.t.Helper()
	pages := make(map[string]string)
	index := string(s.get("/docs/api").want(200).body)
	for _, m := range regexp.MustCompile(`href="(/docs/api[^"#]*)"`).FindAllStringSubmatch(index, -1) {
		if _, read := pages[m[1]]; !read {
			pages[m[1]] = html.UnescapeString(string(s.get(m[1]).want(200).body))
		}
	}
	return pages
}

// The page's commands are run, as far as their objects exist.
func TestCommandsOnTheAPIPageAreRequestsThatAreTaken(t *testing.T) {
	t.Parallel()
	s := startService(t)
	page := strings.Join(slices.Collect(maps.Values(s.apiReference())), "")
	command := regexp.MustCompile(`(?s)curl (?:-X (\w+) )?(?:-N )?"` + regexp.QuoteMeta(s.base) +
		`([^"]+)"(?: (?:-d|--data-binary) (?:'([^']*)'|@(\S+)))?`)
	commands := command.FindAllStringSubmatch(page, -1)
	if len(commands) != strings.Count(page, "curl ") || len(commands) < 25 {
		t.Fatalf("%d of %d commands were understood", len(commands), strings.Count(page, "curl "))
	}
	// The pages come in any order: the example's event and its snapshot are there before.
	s.at(operation{path: apiPath + "/events/{id}/snapshot", Operation: &openapi3.Operation{OperationID: "getSnapshot"}})
	// Snapshots come before the command that erases their person.
	ofSnapshot := func(command []string) int { return strings.Count(command[2], "/snapshot") }
	slices.SortStableFunc(commands, func(a, b []string) int { return ofSnapshot(b) - ofSnapshot(a) })
	for _, c := range commands {
		method, path, body := c[1], c[2], c[3]
		if c[4] != "" { // an image
			body = pngOf(t, 1)
		}
		switch {
		case method == "" && body == "":
			method = "GET"
		case method == "":
			method = "POST"
		}
		if strings.Contains(path, "/stream") {
			s.follow("ndjson", strings.TrimPrefix(path, apiPath+"/events/stream")).close()
			continue
		}
		a := s.do(method, path, body)
		// The webhook, the hold, the recovery, the silence and the group of alerts of the
		// examples are nobody's, unless this run had made them.
		ofAnExample := slices.ContainsFunc([]string{"wh_a1b2c3d4e5f6", "hold_a1b2c3d4e5f6", "rc_a1b2c3d4e5f6", "sil_0123456789abcdef",
			"4f0c61b2a98d7e35"}, func(id string) bool { return strings.Contains(path, id) })
		if a.status >= 300 && (a.status != 404 || !ofAnExample) {
			t.Errorf("%s: %d %s", c[0], a.status, a.body)
		}
	}
}
