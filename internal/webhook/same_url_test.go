package webhook

import "testing"

func TestURLsAreComparedAsPlacesAndNotAsText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"https://a.example/in", "https://a.example/in", true},
		{"https://A.Example/in", "HTTPS://a.example:443/in", true},
		{"http://a.example", "http://a.example:80/", true},
		{"https://[2001:DB8::1]:443/", "https://[2001:db8::1]", true},
		{"https://a.example/in", "https://a.example/In", false},
		{"https://a.example/in", "https://a.example/in/", false},
		{"https://a.example/in?x=1", "https://a.example/in?x=2", false},
		{"https://a.example/a%2Fb", "https://a.example/a/b", false},
		{"https://a.example:80/", "https://a.example/", false},
		{"http://a.example/", "https://a.example/", false},
	} {
		if got := comparableURL(tc.a) == comparableURL(tc.b); got != tc.same {
			t.Errorf("%s and %s: %t", tc.a, tc.b, got)
		}
	}
}
