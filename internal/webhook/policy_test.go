package webhook

import (
	"strings"
	"testing"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/webhooktest"
)

// A service's policy is that of its registry and its workers.
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
	c, err := service.newClient(
		&deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_000000000002", URL: "https://db.corp.example/"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Send(t.Context(), send.Request{Event: webhooktest.SomeEvent(t)}); r.Class != delivery.ClassRefused ||
		!strings.Contains(r.Detail, "--deny-host") {
		t.Errorf("%q, %q", r.Class, r.Detail)
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
