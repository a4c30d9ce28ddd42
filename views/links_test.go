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

// otherPaths are strings that begin with a slash and are no address of a page, by the
// file that has them: keys, and paths of receivers.
var otherPaths = map[string][]string{
	"ui/keyboard_templ.go": {"/"},
	"ui/frame.go":          {"/", "/events", "/webhooks", "/monitor", "/settings"}, // made into addresses in frame.templ
	"ui/tab.go":            {"/"},
	"ui/tabs_templ.go":     {"/"},
	"webhooks/attempt.go":  {"/"},
	"webhooks/snippets.go": {"/"},
	"ui/frame_templ.go":    {"/min"},
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
