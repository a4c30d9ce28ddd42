package views

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// writtenAddress matches an attribute of a template whose address is written out.
var writtenAddress = regexp.MustCompile(`\s(?:href|src|action|formaction|hx-[a-z:]+)="/[^"]*"`)

// addressMakers are the functions that make addresses from paths.
var addressMakers = map[string]bool{"Path": true, "URL": true, "FilterURL": true, "ConfirmURL": true, "url": true}

// handlers is the folder of the pages' handlers, and of the server that calls them.
const handlers = "../internal/web"

// otherPaths are strings that begin with a slash and are no address of a page, by the
// file that has them: keys, and paths of receivers.
var otherPaths = map[string][]string{
	"ui/keyboard_templ.go": {"/"},
	"ui/frame.go": {
		"/",
		"/alerts",
		"/events",
		"/cameras",
		"/webhooks",
		"/monitor",
		"/settings",
	}, // made into addresses in frame.templ
	"ui/tab.go":                        {"/"},
	"ui/tabs_templ.go":                 {"/"},
	"webhooks/attempt.go":              {"/"},
	"webhooks/snippets.go":             {"/"},
	"ui/frame_templ.go":                {"/min"},
	handlers + "/pages/acknowledge.go": {"/"}, // the beginning of an address of this server
}

// TestLinks_AreMadeInOnePlace finds addresses that don't come from ui.Path. With a base
// path such an address would lead out of Postern.
func TestLinks_AreMadeInOnePlace(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go"):
		case strings.HasSuffix(path, ".templ"):
			checkTemplate(t, path)
		case strings.HasSuffix(path, ".go"):
			checkLiterals(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLinks_RedirectsAreMadeInOnePlace finds addresses in the pages' handlers, and
// redirects of all handlers, that don't come from ui.Path.
func TestLinks_RedirectsAreMadeInOnePlace(t *testing.T) {
	t.Parallel()
	redirects := 0
	err := filepath.WalkDir(handlers, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if strings.HasPrefix(path, handlers+"/pages/") {
			checkLiterals(t, path)
		}
		redirects += checkRedirects(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if redirects < 10 {
		t.Errorf("the test finds %d redirects only", redirects)
	}
}

// checkRedirects checks the addresses of a Go file's redirects, and returns how many
// redirects it has.
func checkRedirects(t *testing.T, path string) (n int) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || !strings.EqualFold(calledName(call), "redirect") {
			return true
		}
		n++
		for _, arg := range call.Args {
			ast.Inspect(arg, func(node ast.Node) bool {
				if inner, ok := node.(*ast.CallExpr); ok && addressMakers[calledName(inner)] {
					return false
				}
				literal, ok := node.(*ast.BasicLit)
				if text, err := strconv.Unquote(literalText(literal)); ok && err == nil && strings.HasPrefix(text, "/") {
					t.Errorf("%s: the redirect to %s is written by hand: use ui.Path or ui.URL", files.Position(literal.Pos()), text)
				}
				return true
			})
		}
		return true
	})
	return n
}

// literalText returns the source of a literal; empty for none.
func literalText(literal *ast.BasicLit) string {
	if literal == nil {
		return ""
	}
	return literal.Value
}

func checkTemplate(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range writtenAddress.FindAllString(string(text), -1) {
		t.Errorf("%s has%s: use ui.Path or ui.URL", path, found)
	}
}

// checkLiterals checks the strings of a Go file that begin with a slash. They may be
// the argument of a function that makes an address, or be added to an address.
func checkLiterals(t *testing.T, path string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	allowed := make(map[*ast.BasicLit]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if addressMakers[calledName(n)] && len(n.Args) > 0 {
				ast.Inspect(n.Args[0], func(n ast.Node) bool {
					if literal, ok := n.(*ast.BasicLit); ok {
						allowed[literal] = true
					}
					return true
				})
			}
		case *ast.BinaryExpr:
			ast.Inspect(n.Y, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok {
					allowed[literal] = true
				}
				return true
			})
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if err != nil || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "/>") || allowed[n] {
				return true
			}
			for _, other := range otherPaths[filepath.ToSlash(path)] {
				if text == other {
					return true
				}
			}
			t.Errorf("%s: %s is a path that is written by hand: use ui.Path or ui.URL", files.Position(n.Pos()), n.Value)
		}
		return true
	})
}

// calledName returns the name of the function that a call calls, without its package.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
