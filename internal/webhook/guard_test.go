package webhook

import (
	"net"
	"strings"
	"testing"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// The address is what counts, on every connection, and not the name or what
// was true at registration.
func TestNamesAreCheckedWhenTheyAreDialled(t *testing.T) {
	t.Parallel()
	connected := make(chan struct{}, 10)
	address := rawServer(t, func(net.Conn) { connected <- struct{}{} })
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "１２７.0.0.1", "127。0。0。1"} {
		url := "http://" + host + ":" + port + "/"
		r := sendTo(t, guardedClient(t, url, egress.NewGuard(egress.Policy{AllowHTTP: true})))
		// Where a system's resolver makes nothing of an odd form, that is
		// fine too.
		if r.class != delivery.ClassRefused && r.class != delivery.ClassDNS {
			t.Errorf("%s: %q, %s", url, r.class, r.detail)
		}
		if host == "localhost" && r.class != delivery.ClassRefused {
			t.Errorf("%s: %q, %s", url, r.class, r.detail)
		}
	}
	if n := len(connected); n != 0 {
		t.Errorf("%d connections reached the receiver", n)
	}
	if r := sendTo(t, clientFor(t, "http://localhost:"+port+"/")); r.class != delivery.ClassBody || len(connected) == 0 {
		t.Errorf("where it is allowed, localhost is not reached: %q, %s", r.class, r.detail)
	}
}

func TestRefusedTargetIsAFailureThatOperatorsCanSee(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	s := openSite(t, t.TempDir(), nil)
	s.service.rules.guard = egress.NewGuard(egress.Policy{AllowHTTP: true})
	e := s.register(strings.Replace(sink.URL, "127.0.0.1", "localhost", 1), "", "*")
	s.run()
	s.publish("face_matched")
	waitFor(t, func() bool { return s.service.Status(e.ID).Failed == 1 })
	s.stopLanes()
	if status := s.service.Status(e.ID); status.LastError == nil || status.LastError.Class != delivery.ClassRefused {
		t.Errorf("the status is %+v", status)
	}
	got := s.attempts(e.ID)
	if len(got) != 1 || got[0].Class != delivery.ClassRefused || got[0].OK() || !strings.Contains(got[0].Detail, "--allow-target") {
		t.Errorf("the attempts are %+v", got)
	}
	if len(s.pending(e.ID)) != 1 || len(sink.got) != 0 {
		t.Error("the event isn't kept for another try")
	}
}
