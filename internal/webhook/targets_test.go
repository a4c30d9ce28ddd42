package webhook

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/webhooktest"
)

// targetNames is what the suite's name server answers.
var targetNames = map[string][][]netip.Addr{
	"good.test": {webhooktest.Addrs(webhooktest.GoodHost)}, "corp.test": {webhooktest.Addrs(webhooktest.GoodHost)},
	"good-bad.test": {webhooktest.Addrs(webhooktest.GoodHost, webhooktest.BadHost)},
	"bad-good.test": {webhooktest.Addrs(webhooktest.BadHost, webhooktest.GoodHost)},
	"rebind.test":   {webhooktest.Addrs(webhooktest.GoodHost), webhooktest.Addrs(webhooktest.BadHost)},
	"rebind6.test":  {webhooktest.Addrs(webhooktest.GoodHost), webhooktest.Addrs("::1")},
	"loopback.test": {webhooktest.Addrs(webhooktest.BadHost)}, "localhost": {webhooktest.Addrs(webhooktest.BadHost)},
	"loopback6.test": {webhooktest.Addrs("::1")},
	"mapped.test":    {webhooktest.Addrs("::ffff:127.0.0.1")}, "nat64.test": {webhooktest.Addrs("64:ff9b::7f00:1")},
	"6to4.test": {webhooktest.Addrs("2002:7f00:1::")},
	"any.test":  {webhooktest.Addrs("0.0.0.0")}, "any6.test": {webhooktest.Addrs("::")}, "link.test": {webhooktest.Addrs("169.254.169.254")},
	"private.test":             {webhooktest.Addrs("10.0.0.1", "192.168.1.1")},
	"metadata.google.internal": {webhooktest.Addrs("169.254.169.254")}, "platform.test": {webhooktest.Addrs("168.63.129.16")},
	"xn--lpback-cua.test": {webhooktest.Addrs(webhooktest.BadHost)}, "xn--lpback-bxa.test": {webhooktest.Addrs(webhooktest.BadHost)},
	"127.0.0.1.nip.test": {webhooktest.Addrs(webhooktest.BadHost)}, "0x7f.test": {webhooktest.Addrs(webhooktest.BadHost)},
}

// targetSite has a receiver that may be called and, on the same port,
// listeners that may not.
type targetSite struct {
	*site
	port    string
	reached *atomic.Int64 // connections to forbidden listeners
}

func newTargetSite(t *testing.T) *targetSite {
	t.Helper()
	s := &targetSite{site: openSite(t, t.TempDir(), nil), reached: new(atomic.Int64)}
	good, err := net.Listen("tcp", webhooktest.GoodHost+":0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(good.Addr().String())
	receiver := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Connection", "close") // so that each delivery dials
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/redirect/%d", &status); err == nil {
			w.Header().Set("Location", "http://"+net.JoinHostPort(webhooktest.BadHost, s.port)+"/")
			w.WriteHeader(status)
		}
	}))
	receiver.Listener.Close()
	receiver.Listener = good
	receiver.Start()
	t.Cleanup(receiver.Close)
	listening := 0
	for _, host := range []string{webhooktest.BadHost, "127.0.0.2", "::1"} {
		ln, err := net.Listen("tcp", net.JoinHostPort(host, s.port))
		if err != nil {
			continue // no IPv6 here, or somebody has the port
		}
		listening++
		t.Cleanup(func() { ln.Close() })
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				s.reached.Add(1)
				c.Close()
			}
		}()
	}
	if listening == 0 {
		t.Fatal("no forbidden listener could be opened")
	}
	return s
}

func TestNoURLReachesAForbiddenListener(t *testing.T) {
	t.Parallel()
	if len(webhooktest.TargetURLs) < 60 {
		t.Fatalf("the suite has %d URLs", len(webhooktest.TargetURLs))
	}
	s := newTargetSite(t)
	var port egress.PortRange
	if err := port.UnmarshalText([]byte(s.port)); err != nil {
		t.Fatal(err)
	}
	s.service.rules.guard = egress.NewGuardWithDNS(egress.Policy{
		AllowHTTP: true, AllowTargets: []netip.Prefix{netip.MustParsePrefix(webhooktest.GoodHost + "/32")},
		Ports: []egress.PortRange{port}, DenyHosts: hosts(t, "denied.test", "*.corp.test", "bücher.test", "ßtraße.test"),
	}, webhooktest.NameServer(t, targetNames))
	s.run()

	ids := make(map[string]string) // by URL
	for _, target := range webhooktest.TargetURLs {
		url := strings.ReplaceAll(target.URL, "PORT", s.port)
		e, _, err := s.service.Register(t.Context(), Registration{URL: url, EventTypes: []string{"face_matched"}})
		switch {
		case target.Refused == "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case target.Refused == "":
			ids[target.URL] = e.ID
		case err == nil:
			t.Errorf("%s was registered, want a refusal about %q", url, target.Refused)
		default:
			if words := says(t, err, "url"); !saysOneOf(words, target.Refused) {
				t.Errorf("%s: the refusal says %q, want something about %q", url, words, target.Refused)
			}
		}
	}
	s.publish("face_matched")
	for _, target := range webhooktest.TargetURLs {
		id := ids[target.URL]
		if id == "" {
			continue
		}
		waitFor(t, func() bool { st := s.service.Status(id); return st.Delivered+st.Failed > 0 })
		switch st := s.service.Status(id); {
		case target.Fails == "" && st.Delivered != 1:
			t.Errorf("%s is not delivered to: %+v", target.URL, st.LastError)
		case target.Fails != "" && (st.Delivered > 0 || !strings.Contains(st.LastError.Detail, target.Fails)):
			t.Errorf("%s: %d delivered; the failure says %+v, want something about %q", target.URL, st.Delivered, st.LastError, target.Fails)
		}
	}
	// The names that lead elsewhere by now.
	s.publish("face_matched")
	for _, url := range []string{"http://rebind.test:PORT/", "http://rebind6.test:PORT/"} {
		waitFor(t, func() bool { return s.service.Status(ids[url]).Failed > 0 })
		if st := s.service.Status(ids[url]); st.Delivered != 1 || st.LastError.Class != delivery.ClassRefused ||
			!strings.Contains(st.LastError.Detail, "special-purpose") {
			t.Errorf("%s: %d delivered, then %+v", url, st.Delivered, st.LastError)
		}
	}
	// Tests dial too.
	for _, id := range ids {
		if _, err := s.service.Test(t.Context(), id, "face_matched"); err != nil {
			t.Error(err)
		}
	}
	s.stopWorkers()
	if n := s.reached.Load(); n != 0 {
		t.Errorf("%d connections reached a forbidden listener", n)
	}
}

// saysOneOf reports whether words contain one of the choices that | parts.
func saysOneOf(words, choices string) bool {
	for choice := range strings.SplitSeq(choices, "|") {
		if strings.Contains(words, choice) {
			return true
		}
	}
	return false
}
