package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestVersion_HasOneSource compares the version's copies with the file VERSION.
// `make`, the release script and the container file read that file.
func TestVersion_HasOneSource(t *testing.T) {
	t.Parallel()
	source := strings.TrimSpace(read(t, "../../VERSION"))
	number := strings.TrimSuffix(source, "-dev")
	if !regexp.MustCompile(`^\d+\.\d+\.\d+(-dev)?$`).MatchString(source) {
		t.Errorf("VERSION is %q", source)
	}
	if version != source {
		t.Errorf("the default in main.go is %s, VERSION is %s", version, source)
	}
	for _, file := range []string{"../../package.json", "../../package-lock.json"} {
		var npm struct {
			Version  string
			Packages map[string]struct{ Version string }
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &npm)
		}
		if err != nil {
			t.Fatal(err)
		}
		if npm.Version != source || npm.Packages != nil && npm.Packages[""].Version != source {
			t.Errorf("%s has version %s, VERSION is %s", file, npm.Version, source)
		}
	}
	for _, file := range []string{"../../Makefile", "../../scripts/release.sh", "../../deploy/Containerfile"} {
		if text := read(t, file); !strings.Contains(text, "cat VERSION") || !strings.Contains(text, "main.version=$") {
			t.Errorf("%s doesn't read VERSION", file)
		}
	}
	if heading := regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)`).FindStringSubmatch(read(t, "../../CHANGELOG.md")); heading == nil ||
		heading[1] != number {
		t.Errorf("the newest version in CHANGELOG.md is %q, VERSION is %s", heading, source)
	}
	if text := read(t, "../../docs/webhooks.md"); !strings.Contains(text, "User-Agent: Postern/"+number) {
		t.Errorf("docs/webhooks.md shows another version than %s", number)
	}
}
