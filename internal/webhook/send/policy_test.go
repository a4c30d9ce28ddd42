package send

import (
	"strings"
	"testing"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// A policy that is made stricter holds for what was registered before too.
func TestPolicyHoldsAtTheDialer(t *testing.T) {
	t.Parallel()
	sink := webhooktest.NewSink(t)
	port := sink.URL[strings.LastIndexByte(sink.URL, ':')+1:]
	for name, tc := range map[string]struct {
		change func(*egress.Policy)
		says   string
	}{
		"a host": {func(p *egress.Policy) { p.DenyHosts = hosts(t, "LOCALHOST.") },
			`has the host "localhost", which Postern refuses to call (--deny-host localhost)`},
		"a port": {func(p *egress.Policy) { p.Ports = []egress.PortRange{{First: 1, Last: 1}} },
			"leads to port " + port + "; Postern calls only 1 (--target-ports)"},
	} {
		policy := loopback
		url := "http://localhost:" + port + "/"
		if r := sendTo(t, guardedClient(t, url, egress.NewGuard(policy))); r.Class != delivery.ClassNone {
			t.Fatalf("%+v", r)
		}
		<-sink.Got
		tc.change(&policy)
		if r := sendTo(t, guardedClient(t, url, egress.NewGuard(policy))); r.Class != delivery.ClassRefused ||
			!strings.Contains(r.Detail, tc.says) {
			t.Errorf("%s: %q, %q", name, r.Class, r.Detail)
		}
	}
	if len(sink.Got) != 0 {
		t.Error("the receiver was called")
	}
}
