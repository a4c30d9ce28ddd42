package web

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"postern/internal/account"
)

func TestOnlyEventsAreLargeAndOnlyOfWhoMaySendThem(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	engine, reader, root := g.key("engine", account.ScopeIngest), g.key("reader", account.ScopeRead), g.signedIn("root")
	revoked := []string{"Authorization", "Bearer pst_" + strings.Repeat("0", 49)}
	many := `{"type":"face_detected","source":"x"}` + strings.Repeat(" ", 1<<20)
	for _, c := range []struct {
		name, path string
		size       int
		who        []string
		want       int
	}{
		{"events of a key that may", "/events", len(many), engine, 202},
		{"events of an administrator", "/events", len(many), root, 202},
		{"of a key that may not", "/events", len(many), reader, 413},
		{"of nobody", "/events", len(many), nil, 413},
		{"of a key that isn't one", "/events", len(many), revoked, 413},
		{"something else of a key that may", "/holds", len(many), engine, 413},
		{"something else of an administrator", "/holds", len(many), root, 413},
		{"a little of nobody", "/events", anonymousBodyLimit, nil, 401},
		{"a little more of nobody", "/events", anonymousBodyLimit + 1, nil, 413},
		{"a form's worth of an administrator", "/holds", bodyLimit, root, 400},
	} {
		for _, chunked := range []bool{false, true} {
			req, err := http.NewRequest("POST", g.base+apiPath+c.path, strings.NewReader(many[:c.size]))
			if err != nil {
				t.Fatal(err)
			}
			if chunked {
				req.Body, req.ContentLength = io.NopCloser(struct{ io.Reader }{strings.NewReader(many[:c.size])}), -1
			}
			if c.who != nil {
				req.Header.Set(c.who[0], c.who[1])
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			res.Body.Close()
			if res.StatusCode != c.want {
				t.Errorf("%s (chunked: %t): %d, want %d", c.name, chunked, res.StatusCode, c.want)
			}
		}
	}
}
