package egress

import (
	"strings"
	"testing"
)

func TestHostPatterns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pattern, host string
		want          bool
	}{
		{"db.example.com", "db.example.com", true},
		{"DB.Example.com.", "db.example.com", true},
		{"db.example.com", "DB.EXAMPLE.COM.", true},
		{"db.example.com", "a.db.example.com", false},
		{"db.example.com", "xdb.example.com", false},
		{"*.example.com", "a.example.com", true},
		{"*.example.com", "a.b.example.com", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "badexample.com", false},
		{"*.com", "example.com", true},
		{"bücher.example", "xn--bcher-kva.example", true},
		{"xn--bcher-kva.example", "BÜCHER.example", true},
		{"localhost", "localhost.", true},
		{"under_score.example", "under_score.example", true},
	} {
		p := hosts(t, tc.pattern)[0]
		host, err := ASCIIHost(tc.host)
		if err != nil || p.matches(host) != tc.want {
			t.Errorf("%s matches %s: %t, %v", tc.pattern, tc.host, p.matches(host), err)
		}
	}
	for _, host := range []string{"", ".", "..", ".example.com", "a..b", "example.com.."} {
		if name, err := ASCIIHost(host); err == nil {
			t.Errorf("%q was taken as %q", host, name)
		}
	}
	for _, text := range []string{"", "*", "*.", ".", ".example.com", "a..b", "*.*.example.com", "a*.example.com",
		"https://example.com", "example.com:443",
		"10.0.0.1", "[::1]", "::1", "1", "0x7f", "a b", "user@example.com", "example.com/x", "*.10.0.0.1", strings.Repeat("a", 254)} {
		var p HostPattern
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken as %q", text, p)
		}
	}
}

func TestPortRanges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]PortRange{"443": {443, 443}, " 9000-9100 ": {9000, 9100}, "1-65535": {1, 65535}} {
		var r PortRange
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want || r.String() != strings.TrimSpace(text) {
			t.Errorf("%q was taken as %v: %v", text, r, err)
		}
	}
	for _, text := range []string{"", "0", "65536", "-1", "2-1", "1-", "-", "a", "1-2-3", "+1", "0x50", "443 444"} {
		var r PortRange
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken as %v", text, r)
		}
	}
	g := NewGuard(Policy{Ports: []PortRange{{443, 443}, {9000, 9100}}})
	for port, want := range map[string]bool{"443": true, "9000": true, "9050": true, "9100": true, "9101": false, "444": false, "22": false} {
		if words := g.refusedTarget("example.com", port); (words == "") != want || !want && !strings.Contains(words, "443, 9000-9100") {
			t.Errorf("port %s: %q", port, words)
		}
	}
}

// hosts parses patterns that must be right.
func hosts(t testing.TB, patterns ...string) []HostPattern {
	t.Helper()
	list := make([]HostPattern, len(patterns))
	for i, p := range patterns {
		if err := list[i].UnmarshalText([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return list
}
