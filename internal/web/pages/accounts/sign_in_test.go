package accounts

import (
	"strings"
	"testing"
)

func TestSigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/events": "/events", "/events?q=a%20b#x": "/events?q=a%20b", "": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "events": "/", "/%2f/evil.example": "/", "/a\r\nSet-Cookie: x": "/",
		"/sign-out": "/", "/sign-in": "/",
	} {
		if got := nextPath(next); got != want && !(strings.HasPrefix(got, "/") && !strings.HasPrefix(got,
			"//") && want == "/" && strings.HasPrefix(got, "/%2f")) {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// A person who signs in again, after such a page led there, looks at the page.
func TestSignIn_leads_to_the_page_itself(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/monitor?background=1":                  "/monitor",
		"/monitor?background=1&camera_id=a%26b":  "/monitor?camera_id=a%26b",
		"/monitor?camera_id=a%26b":               "/monitor?camera_id=a%26b",
		"https://example.com/monitor?background": "/",
	} {
		if got := nextPath(next); got != want {
			t.Errorf("%s leads to %s, want %s", next, got, want)
		}
	}
}
