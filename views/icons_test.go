package views

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestIcons_AreDefined looks for the shape of each icon of each page.
func TestIcons_AreDefined(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`<use href="#(i-[a-z-]*)"`)
	found := 0
	for _, path := range pages {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "<html") {
			continue // a part of a page
		}
		for _, icon := range used.FindAllSubmatch(page, -1) {
			if found++; strings.Count(string(page), `id="`+string(icon[1])+`"`) != 1 {
				t.Errorf("%s doesn't define %s", path, icon[1])
			}
		}
	}
	if found == 0 {
		t.Error("no page has an icon")
	}
}
