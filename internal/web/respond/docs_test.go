package respond

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postern/internal/problem"
)

// TestStatuses_are_documented compares the tables of docs/errors.md with the table
// of statuses and with the statuses that package web answers without a code.
func TestStatuses_are_documented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	coded, plain, found := strings.Cut(string(page), "\nThese statuses are about HTTP itself")
	if !found {
		t.Fatal("docs/errors.md has no table of statuses without a code")
	}

	var want []string
	for code, status := range statuses {
		want = append(want, fmt.Sprintf("| %d | %s |", status, problem.Code(code).Error()))
	}
	compareRows(t, "codes", regexp.MustCompile(`(?m)^\| \d+ \| [a-z ]+ \|`).FindAllString(coded, -1), want)

	want = []string{row(http.StatusMethodNotAllowed)} // the framework's own, as 404 is
	for _, status := range statusesWithoutCode(t) {
		if !slices.Contains(statuses[:], status) {
			want = append(want, row(status))
		}
	}
	compareRows(t, "statuses without a code", regexp.MustCompile(`(?m)^\| \d+ \|`).FindAllString(plain, -1), want)
}

func row(status int) string { return fmt.Sprintf("| %d |", status) }

func compareRows(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("%s: docs/errors.md has %q, want %q", what, got, want)
	}
}

// statusesWithoutCode returns the statuses of the Problems in package web and its rooms.
func statusesWithoutCode(t *testing.T) (found []int) {
	t.Helper()
	byName := map[string]int{}
	for status := 400; status < 600; status++ {
		byName[strings.NewReplacer(" ", "", "-", "", "'", "").Replace(http.StatusText(status))] = status
	}
	var files []string
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".go" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`respond\.Problem\{Status: (?:http|fiber)\.Status(\w+)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllSubmatch(text, -1) {
			status, known := byName[string(m[1])]
			if !known {
				t.Fatalf("%s: the status %s has no number", file, m[1])
			}
			found = append(found, status)
		}
	}
	return found
}
