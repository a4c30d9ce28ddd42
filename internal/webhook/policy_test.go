package webhook

import (
	"net/netip"
	"strings"
	"testing"

	"postern/internal/store"
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
		host, err := asciiHost(tc.host)
		if err != nil || p.matches(host) != tc.want {
			t.Errorf("%s matches %s: %t, %v", tc.pattern, tc.host, p.matches(host), err)
		}
	}
	for _, host := range []string{"", ".", "..", ".example.com", "a..b", "example.com.."} {
		if name, err := asciiHost(host); err == nil {
			t.Errorf("%q was taken as %q", host, name)
		}
	}
	for _, text := range []string{"", "*", "*.", ".", ".example.com", "a..b", "*.*.example.com", "a*.example.com", "https://example.com", "example.com:443",
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
	g := &Guard{ports: []PortRange{{443, 443}, {9000, 9100}}}
	for port, want := range map[string]bool{"443": true, "9000": true, "9050": true, "9100": true, "9101": false, "444": false, "22": false} {
		if words := g.refuses("example.com", port); (words == "") != want || !want && !strings.Contains(words, "443, 9000-9100") {
			t.Errorf("port %s: %q", port, words)
		}
	}
}

// A policy that is made stricter holds for what was registered before too.
func TestPolicyHoldsAtTheDialer(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	port := sink.URL[strings.LastIndexByte(sink.URL, ':')+1:]
	for name, tc := range map[string]struct {
		change func(*Guard)
		says   string
	}{
		"a host": {func(g *Guard) { g.denied = hosts(t, "LOCALHOST.") }, `has the host "localhost", which Postern refuses to call (--deny-host localhost)`},
		"a port": {func(g *Guard) { g.ports = []PortRange{{1, 1}} }, "leads to port " + port + "; Postern calls only 1 (--target-ports)"},
	} {
		guard := NewGuard(loopback.AllowTargets)
		url := "http://localhost:" + port + "/"
		if r := sendTo(t, guardedClient(t, url, guard)); r.class != ClassNone {
			t.Fatalf("%+v", r)
		}
		<-sink.got
		tc.change(guard)
		if r := sendTo(t, guardedClient(t, url, guard)); r.class != ClassRefused || !strings.Contains(r.detail, tc.says) {
			t.Errorf("%s: %q, %q", name, r.class, r.detail)
		}
	}
	if len(sink.got) != 0 {
		t.Error("the receiver was called")
	}
}

// What a gateway turns into an IPv4 address is allowed only where that is.
func TestAllowedGatewayRangesLeadNoFurther(t *testing.T) {
	t.Parallel()
	guard := NewGuard([]netip.Prefix{netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("10.1.0.0/16")})
	for host, want := range map[string]bool{
		"64:ff9b::808:808": true, "64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b::a01:203": true, "64:ff9b::a02:203": false,
		"2002:808:808::1": true, "2002:7f00:1::": false, "2002:a01:203::": true,
	} {
		if got := guard.Allows(netip.MustParseAddr(host)); got != want {
			t.Errorf("%s: allowed %t", host, got)
		}
		err := guard.control("tcp6", "["+host+"]:443", nil)
		if (err == nil) != want {
			t.Errorf("%s at the dialer: %v", host, err)
		}
	}
}

// What a service is told is what its registry and its lanes go by.
func TestServiceGoesByItsPolicy(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	opts := loopback
	opts.DenyHosts, opts.TargetPorts = hosts(t, "*.corp.example"), []PortRange{{443, 443}}
	opts.PublicURL = "https://postern.example.com"
	service, err := New(t.Context(), s.store, s.hub, opts)
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"https://db.corp.example/": "--deny-host *.corp.example", "https://example.com:8443/": "--target-ports", "https://example.com/": "",
	} {
		_, _, err := service.Register(t.Context(), Registration{URL: url, EventTypes: []string{"*"}})
		if want == "" && err != nil || want != "" && !strings.Contains(says(t, err, "url"), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
	c, err := service.newClient(&store.Endpoint{ID: "wh_000000000002", URL: "https://db.corp.example/"})
	if err != nil {
		t.Fatal(err)
	}
	if r := sendTo(t, c.(*client)); r.class != ClassRefused || !strings.Contains(r.detail, "--deny-host") {
		t.Errorf("%q, %q", r.class, r.detail)
	}
	p := service.Policy()
	if len(p.DenyHosts) != 1 || len(p.Ports) != 1 || p.PublicURL == "" || !p.AllowHTTP {
		t.Errorf("%+v", p)
	}
}
