package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postern/internal/event"
)

// logMethods are slog's and where their message stands.
var logMethods = map[string]int{
	"Debug": 0, "Info": 0, "Warn": 0, "Error": 0,
	"DebugContext": 1, "InfoContext": 1, "WarnContext": 1, "ErrorContext": 1, "Log": 2, "LogAttrs": 2,
}

// isLogger reports whether an expression is a logger by its name: log, x.log,
// opts.Logger, slog and the like.
func isLogger(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return slices.Contains([]string{"log", "logger", "slog"}, x.Name)
	case *ast.SelectorExpr:
		return slices.Contains([]string{"log", "Log", "logger", "Logger"}, x.Sel.Name)
	case *ast.CallExpr: // slog.Default().Info, log.With(…).Info
		f, ok := x.Fun.(*ast.SelectorExpr)
		return ok && (isLogger(f.X) || f.Sel.Name == "logger")
	}
	return false
}

// sources calls f with every file of the program but its tests.
func sources(t *testing.T, f func(*token.FileSet, *ast.File)) {
	t.Helper()
	for _, root := range []string{"../../cmd", "../../internal", "../../views", "../../static"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err == nil {
				f(set, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// logMessages are all that the program's own code can log.
func logMessages(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	sources(t, func(set *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			place, ok := logMethods[method.Sel.Name]
			if pkg, named := method.X.(*ast.Ident); named && pkg.Name == "lograte" && method.Sel.Name == "New" {
				place, ok = 2, true
			} else if !isLogger(method.X) || file.Name.Name == "lograte" { // lograte's messages are its callers'
				return true
			}
			if !ok {
				return true
			}
			message, ok := literalText(call.Args[place])
			if !ok {
				t.Errorf("%s: a log message that isn't written out can't be looked up", set.Position(call.Pos()))
				return true
			}
			found[message] = true
			return true
		})
	})
	return found
}

// literalText returns the text of a string literal, or of a sum of them.
func literalText(x ast.Expr) (text string, ok bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, isLeft := literalText(x.X)
		right, isRight := literalText(x.Y)
		return left + right, isLeft && isRight && x.Op == token.ADD
	}
	return "", false
}

// webhookStates are the values of delivery's constants of type State.
func webhookStates(t *testing.T) (found []string) {
	t.Helper()
	sources(t, func(_ *token.FileSet, file *ast.File) {
		if file.Name.Name != "delivery" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				kind, _ := spec.Type.(*ast.Ident)
				value, literal := spec.Values[0].(*ast.BasicLit)
				if kind != nil && kind.Name == "State" && literal {
					found = append(found, strings.Trim(value.Value, `"`))
				}
			}
			return true
		})
	})
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands on a page under a heading, up to the next one.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n"+heading+"\n")
	if !found {
		t.Fatalf("no %q", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// rows are the names in the first column of the tables in a text.
func rows(text, name string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| ") {
			for _, m := range regexp.MustCompile(name).FindAllStringSubmatch(cells[0], -1) {
				found = append(found, m[1])
			}
		}
	}
	slices.Sort(found)
	return found
}

func sameNames(t *testing.T, what string, there, documented []string) {
	t.Helper()
	if len(there) == 0 {
		t.Errorf("%s: there are none", what)
	}
	for _, name := range there {
		if !slices.Contains(documented, name) {
			t.Errorf("%s: %q is not in the documentation", what, name)
		}
	}
	for _, name := range documented {
		if !slices.Contains(there, name) {
			t.Errorf("%s: the documentation has %q, which there isn't", what, name)
		}
	}
	if compact := slices.Compact(slices.Sorted(slices.Values(documented))); len(compact) != len(documented) {
		t.Errorf("%s: something is in the documentation twice: %q", what, documented)
	}
}

// TestWhatPosternSaysIsInTheDocumentation looks up all that an operator can
// meet, both ways: what Postern says and what its documentation explains.
func TestWhatPosternSaysIsInTheDocumentation(t *testing.T) {
	t.Parallel()
	operating, metrics := read(t, "../../docs/operating.md"), read(t, "../../docs/metrics.md")
	const code = "`([^`]+)`"

	sameNames(t, "log lines", slices.Collect(maps.Keys(logMessages(t))), rows(section(t, operating, "## Log lines"), code))

	about := strings.SplitN(section(t, operating, "## States of a webhook"), "`class`:", 2)
	sameNames(t, "states of a webhook", webhookStates(t), rows(about[0], code))
	var alerts []string
	for _, m := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(read(t,
		"../../deploy/prometheus/postern-alerts.yml"), -1) {
		alerts = append(alerts, m[1])
	}
	sameNames(t, "alerts", alerts, rows(section(t, metrics, "## What to do"), `(Postern\w+)`))

	var kinds, ends []string
	for _, in := range event.Kinds() {
		kinds = append(kinds, string(in.Kind))
		if in.Ends {
			ends = append(ends, string(in.Kind))
		}
	}
	announcements := section(t, read(t, "../../docs/alerts.md"), "## Announcements")
	const kind = "^\\| `([a-z_]+)`"
	sameNames(t, "kinds of announcements", kinds, rows(announcements, kind))
	var documented []string
	for line := range strings.Lines(announcements) {
		if strings.HasSuffix(strings.TrimSpace(line), "| yes |") {
			documented = append(documented, rows(line, kind)...)
		}
	}
	sameNames(t, "announcements that end a state", ends, documented)

	d := start(t, t.TempDir(), "--allow-http", "--allow-target", "127.0.0.0/8")
	// Some metrics are of each webhook.
	if status, _ := d.request("POST", "/api/v1/events/webhooks", `{"url":"http://127.0.0.1:9/","event_types":["*"]}`, nil); status != 200 {
		t.Fatal(status)
	}
	res, err := http.Get(d.base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var names, classes []string
	for _, m := range regexp.MustCompile(`postern_delivery_attempts_total{outcome="(\w+)"}`).FindAllSubmatch(text, -1) {
		if class := string(m[1]); class != "delivered" {
			classes = append(classes, class)
		}
	}
	sameNames(t, "classes of failure", classes, rows(about[1], code))
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (postern_\w+) `).FindAllSubmatch(text, -1) {
		names = append(names, string(m[1]))
	}
	sameNames(t, "metrics", names, rows(metrics, "`(postern_\\w+)"))
}

// TestLinksInTheDocumentationLeadSomewhere follows links to files and to
// headings.
func TestLinksInTheDocumentationLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := read(t, "../../README.md")
	for _, page := range pages {
		if !strings.Contains(readme, "](docs/"+filepath.Base(page)+")") {
			t.Errorf("the README doesn't lead to %s", page)
		}
	}
	strip := regexp.MustCompile("[^a-z0-9 _-]")
	headings := regexp.MustCompile(`(?m)^#+ (.+)$`)
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]+))?\)`).FindAllStringSubmatch(read(t, page), -1) {
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s leads to %s: %v", page, m[1], err)
				continue
			}
			if m[2] == "" {
				continue
			}
			var anchors []string
			for _, h := range headings.FindAllStringSubmatch(read(t, target), -1) {
				anchors = append(anchors, strings.ReplaceAll(strip.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
			}
			if !slices.Contains(anchors, m[2]) {
				t.Errorf("%s leads to %s#%s, which isn't there", page, m[1], m[2])
			}
		}
	}
}
