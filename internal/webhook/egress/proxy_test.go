package egress

import (
	"strings"
	"testing"
)

func TestParseProxy(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"http://proxy.example:3128", "https://proxy.example", "http://10.0.0.1:8080/"} {
		if u, err := ParseProxy(raw, "a:b"); err != nil || u.url.User == nil || u.url.Path != "" {
			t.Errorf("%s: %v, %v", raw, u, err)
		}
	}
	for _, tc := range [][2]string{
		{"", ""}, {"proxy.example:3128", ""}, {"socks5://proxy.example", ""}, {"http://", ""}, {"http://:3128", ""},
		{"http://u:hunter2@proxy.example", ""},
		{"http://hunter2@proxy.example", ""}, {"http://proxy.example/x", ""}, {"http://proxy.example?hunter2", ""},
		{"http://proxy.example", "hunter2"},
		{"http://proxy.example", ":hunter2"}, {"http://proxy.example", "a:hunter2\n"},
	} {
		if u, err := ParseProxy(tc[0], tc[1]); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", tc, u, err)
		}
	}
}
