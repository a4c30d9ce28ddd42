package send

import (
	"net"
	"testing"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// The address is what counts, on every connection, and not the name or what
// was true at registration.
func TestNamesAreCheckedWhenTheyAreDialled(t *testing.T) {
	t.Parallel()
	connected := make(chan struct{}, 10)
	address := webhooktest.RawServer(t, func(net.Conn) { connected <- struct{}{} })
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]",
		"１２７.0.0.1", "127。0。0。1"} {
		url := "http://" + host + ":" + port + "/"
		r := sendTo(t, guardedClient(t, url, egress.NewGuard(egress.Policy{AllowHTTP: true})))
		// Where a system's resolver makes nothing of an odd form, that is
		// fine too.
		if r.Class != delivery.ClassRefused && r.Class != delivery.ClassDNS {
			t.Errorf("%s: %q, %s", url, r.Class, r.Detail)
		}
		if host == "localhost" && r.Class != delivery.ClassRefused {
			t.Errorf("%s: %q, %s", url, r.Class, r.Detail)
		}
	}
	if n := len(connected); n != 0 {
		t.Errorf("%d connections reached the receiver", n)
	}
	if r := sendTo(t, clientFor(t, "http://localhost:"+port+"/")); r.Class != delivery.ClassBody || len(connected) == 0 {
		t.Errorf("where it is allowed, localhost is not reached: %q, %s", r.Class, r.Detail)
	}
}
