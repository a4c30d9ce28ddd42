package request

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// through is a request from an address, with one header a line.
func through(from string, headers ...string) *fasthttp.RequestCtx {
	ctx := new(fasthttp.RequestCtx)
	ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.ParseIP(from)}, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		ctx.Request.Header.Add(name, value)
	}
	return ctx
}

// proxied are the proxies 10.0.0.0/8 and fd00::/8.
func proxied() Proxies {
	return Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
}

func TestAddressIsTheNearestThatIsNoProxy(t *testing.T) {
	t.Parallel()
	s := proxied()
	for _, c := range []struct{ name, from, forwarded, want string }{
		{"no proxy", "203.0.113.9", "198.51.100.1", "203.0.113.9"},
		{"no header", "10.0.0.1", "", "10.0.0.1"},
		{"an address", "10.0.0.1", "203.0.113.7", "203.0.113.7"},
		{"with a port", "10.0.0.1", "203.0.113.7:51008", "203.0.113.7"},
		{"with a port that is empty", "10.0.0.1", "203.0.113.7:", "203.0.113.7"},
		{"with a hidden port", "10.0.0.1", "203.0.113.7:_x1", "203.0.113.7"},
		{"quoted", "10.0.0.1", `"203.0.113.7:51008"`, "203.0.113.7"},
		{"IPv6", "10.0.0.1", "2001:db8::7", "2001:db8::7"},
		{"IPv6 in brackets", "10.0.0.1", "[2001:db8::7]", "2001:db8::7"},
		{"IPv6 with a port", "10.0.0.1", "[2001:db8::7]:51008", "2001:db8::7"},
		{"IPv6 with a port, quoted", "10.0.0.1", `"[2001:db8::7]:51008"`, "2001:db8::7"},
		{"IPv6 with a zone", "10.0.0.1", "fe80::7%eth0", "fe80::7"},
		{"IPv4 in IPv6", "10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"},
		{"a proxy in IPv6", "fd00::1", "203.0.113.7:1", "203.0.113.7"},
		{"the client's own list", "10.0.0.1", "6.6.6.6, 203.0.113.7:51008", "203.0.113.7"},
		{"two proxies", "10.0.0.1", "6.6.6.6, 203.0.113.7:1, 10.0.0.2:2", "203.0.113.7"},
		{"two proxies, lines of their own", "10.0.0.1", "6.6.6.6\n203.0.113.7:1\n[fd00::2]:2", "203.0.113.7"},
		{"proxies alone", "10.0.0.1", "10.0.0.3:1, 10.0.0.2:2", "10.0.0.3"},
		{"empty values", "10.0.0.1", "203.0.113.7:1, ,", "203.0.113.7"},
		// An entry that isn't an address ends the search at the proxy that
		// wrote it.
		{"unknown", "10.0.0.1", "6.6.6.6, unknown", "10.0.0.1"},
		{"hidden", "10.0.0.1", "6.6.6.6, _hidden", "10.0.0.1"},
		{"hidden behind two", "10.0.0.1", "6.6.6.6, _hidden, 10.0.0.2:5", "10.0.0.2"},
		{"a name", "10.0.0.1", "evil.example:80", "10.0.0.1"},
		{"a quote that doesn't end", "10.0.0.1", `"203.0.113.7`, "10.0.0.1"},
		{"a bracket that doesn't end", "10.0.0.1", "[2001:db8::7", "10.0.0.1"},
		{"something after the bracket", "10.0.0.1", "[2001:db8::7]x", "10.0.0.1"},
		{"a port of letters", "10.0.0.1", "203.0.113.7:http", "10.0.0.1"},
	} {
		var lines []string
		if c.forwarded != "" {
			for line := range strings.SplitSeq(c.forwarded, "\n") {
				lines = append(lines, "X-Forwarded-For: "+line)
			}
		}
		if got, _ := s.passed(through(c.from, lines...)); got.String() != c.want {
			t.Errorf("%s: %s is said to come from %s, want %s", c.name, c.forwarded, got, c.want)
		}
	}
}

func TestSchemeAndHostAreWhatTheOutermostOwnProxySays(t *testing.T) {
	t.Parallel()
	s := proxied()
	for _, c := range []struct {
		name, from string
		headers    []string
		want       string
	}{
		{"no proxy", "203.0.113.9", []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"}, "http://inner:8000"},
		{"nothing said", "10.0.0.1", nil, "http://inner:8000"},
		{"lower case", "10.0.0.1", []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: postern.example"}, "https://postern.example"},
		{"upper case", "10.0.0.1", []string{"X-Forwarded-Proto: HTTPS", "X-Forwarded-Host: POSTERN.example:443"}, "https://postern.example"},
		{"a websocket", "10.0.0.1", []string{"X-Forwarded-Proto: wss", "X-Forwarded-Host: postern.example"}, "https://postern.example"},
		{"http", "10.0.0.1", []string{"X-Forwarded-Proto: Http", "X-Forwarded-Host: postern.example:80"}, "http://postern.example"},
		{"a scheme that there isn't", "10.0.0.1", []string{"X-Forwarded-Proto: gopher"}, "http://inner:8000"},
		{"the client's own values", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https, http",
			"X-Forwarded-Host: evil.example, postern.example"}, "http://postern.example"},
		{"two proxies that add", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: HTTPS, http",
			"X-Forwarded-Host: postern.example, inner"}, "https://postern.example"},
		{"two proxies, lines of their own", "10.0.0.1",
			[]string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 10.0.0.2", "X-Forwarded-Proto: gopher", "X-Forwarded-Proto: https",
				"X-Forwarded-Proto: http", "X-Forwarded-Host: postern.example"}, "https://postern.example"},
		{"two proxies of which one adds", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: https",
			"X-Forwarded-Host: postern.example"}, "https://postern.example"},
	} {
		ctx := through(c.from, append(c.headers, "Host: inner:8000")...)
		if o, ok := s.Origin(ctx); !ok || o.String() != c.want {
			t.Errorf("%s: %s (%t), want %s", c.name, o, ok, c.want)
		}
	}
}

// FuzzForwarded reads forwarding headers as proxies and clients may send them.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.7:51008, [2001:db8::7]:1, unknown", "HTTPS, http", "postern.example:443")
	f.Add(`"[fd00::1%eth0]:_x", 10.0.0.2,,`, "wss", "[::1]:0")
	f.Fuzz(func(t *testing.T, hops, proto, host string) {
		s := proxied()
		ctx := through("10.0.0.1", "X-Forwarded-For: "+hops, "X-Forwarded-Proto: "+proto, "X-Forwarded-Host: "+host, "Host: inner")
		from, proxies := s.passed(ctx)
		if !from.IsValid() || from.Zone() != "" || from.Is4In6() || proxies < 1 {
			t.Errorf("%q comes from %v past %d proxies", hops, from, proxies)
		}
		if scheme := s.Scheme(ctx); scheme != "http" && scheme != "https" {
			t.Errorf("%q is the scheme %q", proto, scheme)
		}
		if o, ok := s.Origin(ctx); ok && strings.ContainsAny(o.host, "/@?# \t\r\n\"'<>,") {
			t.Errorf("%q is the host %q", host, o.host)
		}
	})
}
