package web

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postern/internal/account"
)

func TestAuditPage_says_for_whom_a_sign_in_was_refused(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("viewer", account.Viewer)
	root := g.signedIn("root")
	for _, name := range []string{"viewer", "unknown"} {
		g.form("/sign-in", url.Values{"name": {name}, "password": {"a wrong one"}})
	}
	page := g.do("GET", "/settings/audit?action=session.begin", "", append(root, "Accept", "text/html")...).want(200)
	tags := regexp.MustCompile("<[^>]*>")
	var rows []string
	for row := range strings.SplitSeq(between(string(page.body), "<tbody>", "</tbody>"), "</tr>") {
		words := strings.Fields(tags.ReplaceAllString(between(row, `<td data-label="Action">`, `<td data-label="IP address">`), ""))
		if text := strings.Join(words, " "); strings.Contains(text, "refused") {
			rows = append(rows, text)
		}
	}
	if want := []string{"Sign-in refused", "Sign-in refused for viewer"}; !slices.Equal(rows, want) {
		t.Errorf("the refused sign-ins read %q, want %q", rows, want)
	}
}

// Links of earlier versions filter by who: without the filter such a link would show
// everybody's entries as if they were one person's.
func TestAuditPage_takes_the_former_name_of_the_filter_by_actor(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("viewer", account.Viewer)
	g.signedIn("viewer")
	root := g.signedIn("root")
	for _, parameter := range []string{"actor", "who"} {
		page := g.do("GET", "/settings/audit?"+parameter+"=viewer", "", append(root, "Accept", "text/html")...).want(200)
		rows := between(string(page.body), "<tbody>", "</tbody>")
		if !strings.Contains(rows, "viewer") || strings.Contains(rows, "root") {
			t.Errorf("by %s the rows are %.300s", parameter, rows)
		}
	}
}
