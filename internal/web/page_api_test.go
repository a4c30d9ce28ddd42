package web

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestAPIPageShowsAllOfTheDescriptionWithoutAnythingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := startService(t)
	a := s.get("/docs/api").want(200)
	page := html.UnescapeString(string(a.body))
	for _, op := range operations(t) {
		if !strings.Contains(page, `id="`+op.OperationID+`"`) || !strings.Contains(page, op.Summary) {
			t.Errorf("it doesn't show %s", op.OperationID)
		}
		for name := range queryParameters(op.item, op.Operation) {
			if !strings.Contains(page, "<code>"+name+"</code>") {
				t.Errorf("it doesn't show the parameter %s", name)
			}
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("the id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to %s, which isn't there", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="(\w+:[^"]*)"`).FindAllStringSubmatch(page, -1) {
		t.Errorf("it asks for %s", m[1])
	}
	if len(ids) < 60 {
		t.Errorf("only %d ids", len(ids))
	}
}

// The page's commands are run, as far as their objects exist.
func TestCommandsOnTheAPIPageAreRequestsThatAreTaken(t *testing.T) {
	t.Parallel()
	s := startService(t)
	page := html.UnescapeString(string(s.get("/docs/api").want(200).body))
	command := regexp.MustCompile(`(?s)curl (?:-X (\w+) )?(?:-N )?"` + regexp.QuoteMeta(s.base) +
		`([^"]+)"(?: (?:-d|--data-binary) '([^']*)')?`)
	commands := command.FindAllStringSubmatch(page, -1)
	if len(commands) != strings.Count(page, "curl ") || len(commands) < 25 {
		t.Fatalf("%d of %d commands were understood", len(commands), strings.Count(page, "curl "))
	}
	for _, c := range commands {
		method, path, body := c[1], c[2], c[3]
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
		// The webhook and the hold of the examples are nobody's, unless this
		// run had made them.
		if a.status >= 300 && !(a.status == 404 && (strings.Contains(path, "wh_a1b2c3d4e5f6") || strings.Contains(path, "hold_a1b2c3d4e5f6"))) {
			t.Errorf("%s: %d %s", c[0], a.status, a.body)
		}
	}
}
