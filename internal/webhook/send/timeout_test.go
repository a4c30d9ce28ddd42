package send

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

func TestTimeoutIsTheEndpointsOwn(t *testing.T) {
	t.Parallel()
	address := webhooktest.RawServer(t, webhooktest.Hold)
	c, err := NewClient(&delivery.Endpoint{ID: "wh_000000000001", URL: "http://" + address, Settings: delivery.Settings{TimeoutSeconds: 1}},
		nil, egress.NewGuard(loopback), NewPayloads(nil, ""), "Postern/1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if r := sendTo(t, c); r.Class != delivery.ClassTimeout || r.Duration < time.Second || r.Duration > 4*time.Second ||
		!strings.Contains(r.Detail, "within 1 s") {
		t.Errorf("%q after %v: %s", r.Class, r.Duration, r.Detail)
	}
	// A longer one lets a slow receiver answer.
	slow := webhooktest.RawServer(t, func(c net.Conn) {
		webhooktest.ReadRequest(c)
		time.Sleep(1500 * time.Millisecond)
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		webhooktest.Hold(c)
	})
	if r := sendTo(t, clientFor(t, "http://"+slow)); r.Class != delivery.ClassNone {
		t.Errorf("%q after %v: %s", r.Class, r.Duration, r.Detail)
	}
}
