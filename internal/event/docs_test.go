package event_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postern/internal/event"
)

// TestCatalogue_is_documented compares the table of docs/events.md with the
// catalogue: a row for each type, with its meaning and the fields of its example.
func TestCatalogue_is_documented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	field := regexp.MustCompile(`"(\w+)":`)
	var want []string
	for _, in := range event.Catalogue() {
		var fields []string
		for _, m := range field.FindAllStringSubmatch(in.Example, -1) {
			fields = append(fields, "`"+m[1]+"`")
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", in.Name, in.Meaning, in.Description, strings.Join(fields, ", ")))
	}
	_, table, _ := strings.Cut(string(page), "| `type` | meaning | reports | usual fields of `data` |\n|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	if got := strings.Split(table, "\n"); !slices.Equal(got, want) {
		t.Errorf("docs/events.md has the rows\n%s\nwant\n%s", table, strings.Join(want, "\n"))
	}
}
