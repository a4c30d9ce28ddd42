package internal

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the module's path and its folder, seen from this package.
const (
	module = "postern"
	root   = ".."
)

// maxFiles is the largest number of source files of a package. Tests and
// generated files don't count; a .templ file counts.
const maxFiles = 25

// largePackages are the packages that exceed maxFiles, with the reason. Each
// package's doc.go gives the reason too.
var largePackages = map[string]string{}

// goPackage is what "go list" tells of a package.
type goPackage struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

// path returns the package's folder in the module.
func (p goPackage) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// listPackages returns the packages of the module.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,GoFiles,Imports", "./...")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

// readFloorPlan returns the packages that doc.go lists, in its order.
func readFloorPlan(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, plan, ok := strings.Cut(string(doc), "// # Packages\n")
	if !ok {
		t.Fatal("doc.go has no section \"Packages\"")
	}
	plan, _, _ = strings.Cut(plan, "\n// # ")
	var paths []string
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z0-9/]+) `).FindAllStringSubmatch(plan, -1) {
		paths = append(paths, m[1])
	}
	return paths
}

// TestFloorPlan_ListsEveryPackage compares doc.go with the source tree.
func TestFloorPlan_ListsEveryPackage(t *testing.T) {
	plan := readFloorPlan(t)
	var tree []string
	for _, p := range listPackages(t) {
		if p.path() == "internal" { // the floor plan itself
			continue
		}
		if tree = append(tree, p.path()); !slices.Contains(plan, p.path()) {
			t.Errorf("internal/doc.go doesn't list the package %s", p.path())
		}
	}
	seen := map[string]bool{}
	for _, path := range plan {
		if seen[path] {
			t.Errorf("internal/doc.go lists %s twice", path)
		}
		if seen[path] = true; !slices.Contains(tree, path) {
			t.Errorf("internal/doc.go lists %s, which is no package", path)
		}
	}
}

// TestFloorPlan_ImportsPointDown checks the imports of all code but tests.
func TestFloorPlan_ImportsPointDown(t *testing.T) {
	plan := readFloorPlan(t)
	for _, p := range listPackages(t) {
		for _, imported := range p.Imports {
			path, ok := strings.CutPrefix(imported, module+"/")
			if ok && slices.Index(plan, path) <= slices.Index(plan, p.path()) {
				t.Errorf("%s imports %s, which doc.go lists above it", p.path(), path)
			}
		}
	}
}

// TestFloorPlan_PackagesAreSmall counts the source files of each package.
func TestFloorPlan_PackagesAreSmall(t *testing.T) {
	for _, p := range listPackages(t) {
		generated := func(file string) bool { return strings.HasSuffix(file, "_templ.go") }
		templates, err := filepath.Glob(filepath.Join(root, p.path(), "*.templ"))
		if err != nil {
			t.Fatal(err)
		}
		files := len(slices.DeleteFunc(slices.Clone(p.GoFiles), generated)) + len(templates)
		_, large := largePackages[p.path()]
		switch {
		case files > maxFiles && !large:
			t.Errorf("%s has %d source files, more than %d: split it, or give the reason in its doc.go and in largePackages",
				p.path(), files, maxFiles)
		case files <= maxFiles && large:
			t.Errorf("%s has %d source files: remove it from largePackages", p.path(), files)
		}
	}
}
