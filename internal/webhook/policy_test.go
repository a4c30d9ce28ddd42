package webhook

import (
	"strings"
	"testing"

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/webhook/egress"
)

// A policy that is made stricter holds for what was registered before too.
func TestPolicyHoldsAtTheDialer(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	port := sink.URL[strings.LastIndexByte(sink.URL, ':')+1:]
	for name, tc := range map[string]struct {
		change func(*egress.Policy)
		says   string
	}{
		"a host": {func(p *egress.Policy) { p.DenyHosts = hosts(t, "LOCALHOST.") }, `has the host "localhost", which Postern refuses to call (--deny-host localhost)`},
		"a port": {func(p *egress.Policy) { p.Ports = []egress.PortRange{{First: 1, Last: 1}} }, "leads to port " + port + "; Postern calls only 1 (--target-ports)"},
	} {
		policy := loopback.Egress
		url := "http://localhost:" + port + "/"
		if r := sendTo(t, guardedClient(t, url, egress.NewGuard(policy))); r.class != delivery.ClassNone {
			t.Fatalf("%+v", r)
		}
		<-sink.got
		tc.change(&policy)
		if r := sendTo(t, guardedClient(t, url, egress.NewGuard(policy))); r.class != delivery.ClassRefused || !strings.Contains(r.detail, tc.says) {
			t.Errorf("%s: %q, %q", name, r.class, r.detail)
		}
	}
	if len(sink.got) != 0 {
		t.Error("the receiver was called")
	}
}

// What a service is told is what its registry and its lanes go by.
func TestServiceGoesByItsPolicy(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	opts := loopback
	opts.Egress.DenyHosts, opts.Egress.Ports = hosts(t, "*.corp.example"), []egress.PortRange{{First: 443, Last: 443}}
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
	c, err := service.newClient(&store.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_000000000002", URL: "https://db.corp.example/"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := sendTo(t, c.(*client)); r.class != delivery.ClassRefused || !strings.Contains(r.detail, "--deny-host") {
		t.Errorf("%q, %q", r.class, r.detail)
	}
	p := service.Egress().Policy()
	if len(p.DenyHosts) != 1 || len(p.Ports) != 1 || service.PublicURL() == "" || !p.AllowHTTP {
		t.Errorf("%+v", p)
	}
}

// hosts parses patterns that must be right.
func hosts(t testing.TB, patterns ...string) []egress.HostPattern {
	t.Helper()
	list := make([]egress.HostPattern, len(patterns))
	for i, p := range patterns {
		if err := list[i].UnmarshalText([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return list
}
