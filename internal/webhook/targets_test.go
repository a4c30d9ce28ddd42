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
)

// The addresses of the suite, which share one port. Both listen.
const (
	goodHost = "127.77.0.1" // that --allow-target allows
	badHost  = "127.0.0.1"
)

// targetURLs are what somebody who wants to reach a forbidden listener would
// register. PORT is the port that the receivers listen on.
var targetURLs = []struct {
	url string
	// refused is a part of what the refusal to register says; empty where
	// registration takes the URL.
	refused string
	// fails is a part of what the first delivery's failure says; empty where
	// the good receiver gets it.
	fails string
}{
	// Loopback as itself, and in every notation of an IPv4 address.
	{url: "http://127.0.0.1:PORT/", refused: "127.0.0.1 is a loopback, private or special-purpose address"},
	{url: "http://127.0.0.2:PORT/", refused: "special-purpose"},
	{url: "http://127.255.255.254:PORT/", refused: "special-purpose"},
	{url: "http://2130706433:PORT/", refused: "reads as a number"},
	{url: "http://017700000001:PORT/", refused: "reads as a number"},
	{url: "http://0x7f000001:PORT/", refused: "reads as a number"},
	{url: "http://0X7F000001:PORT/", refused: "reads as a number"},
	{url: "http://0x7f.0x0.0x0.0x1:PORT/", refused: "reads as a number"},
	{url: "http://0177.0.0.1:PORT/", refused: "reads as a number"},
	{url: "http://0177.0.0.0x1:PORT/", refused: "reads as a number"},
	{url: "http://127.0.0.01:PORT/", refused: "reads as a number"},
	{url: "http://127.1:PORT/", refused: "reads as a number"},
	{url: "http://127.0.1:PORT/", refused: "reads as a number"},
	{url: "http://0:PORT/", refused: "reads as a number"},
	{url: "http://127.0.0.1.:PORT/", refused: "reads as a number"},
	{url: "http://2130706433.:PORT/", refused: "reads as a number"},
	{url: "http://4294967296127.0.0.1:PORT/", refused: "reads as a number"},
	{url: "http://127.0.0.1%00.example:PORT/", refused: "can't be read"},
	{url: "http://127%2e0%2e0%2e1:PORT/", refused: "can't be read"},
	// Digits and dots of other scripts, which IDNA turns into ours.
	{url: "http://１２７.0.0.1:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://１２７．０．０．１:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://127。0。0。1:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://①②⑦.⓪.⓪.①:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://0ｘ7f000001:PORT/", refused: "reads as a number"},
	// This host, and what else is not the internet.
	{url: "http://0.0.0.0:PORT/", refused: "special-purpose"},
	{url: "http://0.0.0.1:PORT/", refused: "special-purpose"},
	{url: "http://10.0.0.1:PORT/", refused: "special-purpose"},
	{url: "http://172.31.255.255:PORT/", refused: "special-purpose"},
	{url: "http://192.168.0.1:PORT/", refused: "special-purpose"},
	{url: "http://198.18.0.1:PORT/", refused: "special-purpose"},
	{url: "http://224.0.0.1:PORT/", refused: "special-purpose"},
	{url: "http://255.255.255.255:PORT/", refused: "special-purpose"},
	// Where clouds keep the machine's credentials.
	{url: "http://169.254.169.254:PORT/latest/meta-data/", refused: "169.254.169.254 is a"},
	{url: "http://169.254.170.2:PORT/v2/credentials", refused: "special-purpose"},
	{url: "http://100.100.100.200:PORT/", refused: "special-purpose"},
	{url: "http://192.0.0.192:PORT/", refused: "special-purpose"},
	{url: "http://168.63.129.16:PORT/", refused: "special-purpose"},
	{url: "http://[fd00:ec2::254]:PORT/", refused: "special-purpose"},
	{url: "http://[::ffff:169.254.169.254]:PORT/", refused: "169.254.169.254 is a"},
	// IPv6, and IPv4 in it.
	{url: "http://[::1]:PORT/", refused: "special-purpose"},
	{url: "http://[0:0:0:0:0:0:0:1]:PORT/", refused: "special-purpose"},
	{url: "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/", refused: "special-purpose"},
	{url: "http://[::]:PORT/", refused: "special-purpose"},
	{url: "http://[::ffff:127.0.0.1]:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://[::ffff:7f00:1]:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/", refused: "127.0.0.1 is a loopback"},
	{url: "http://[::ffff:0:7f00:1]:PORT/", refused: "special-purpose"}, // SIIT
	{url: "http://[::127.0.0.1]:PORT/", refused: "special-purpose"},
	{url: "http://[64:ff9b::7f00:1]:PORT/", refused: "special-purpose"},
	{url: "http://[64:ff9b::127.0.0.1]:PORT/", refused: "special-purpose"},
	{url: "http://[64:ff9b:1::7f00:1]:PORT/", refused: "special-purpose"},
	{url: "http://[2002:7f00:1::]:PORT/", refused: "special-purpose"},
	{url: "http://[2001:0:7f00:1::80ff:fffe]:PORT/", refused: "special-purpose"}, // Teredo
	{url: "http://[2001:db8::1]:PORT/", refused: "special-purpose"},
	{url: "http://[fe80::1]:PORT/", refused: "special-purpose"},
	{url: "http://[fec0::1]:PORT/", refused: "special-purpose"},
	{url: "http://[ff02::1]:PORT/", refused: "special-purpose"},
	{url: "http://[fe80::1%25lo]:PORT/", refused: "zone"},
	{url: "http://[::1%25lo]:PORT/", refused: "zone"},
	{url: "http://[::1%251]:PORT/", refused: "zone"},
	{url: "http://[::ffff:127.0.0.1%25lo]:PORT/", refused: "zone"},
	{url: "http://[::1:PORT/", refused: "can't be read"},
	{url: "http://[127.0.0.1]:PORT/", refused: "can't be read"},
	// What a parser may read in another way.
	{url: "http://127.0.0.1:PORT@good.test/", refused: "user name or a password"},
	{url: "http://good.test@127.0.0.1:PORT/", refused: "user name or a password"},
	{url: "http://good.test:pass@127.0.0.1:PORT/", refused: "user name or a password"},
	{url: "http://good.test%40127.0.0.1:PORT/", refused: "can't be read"},
	{url: `http://good.test\@127.0.0.1:PORT/`, refused: "can't be read"},
	{url: "http://good.test#@127.0.0.1:PORT/", refused: "fragment"},
	{url: "http://127.0.0.1:PORT#@good.test/", refused: "fragment"},
	{url: "http:127.0.0.1:PORT/", refused: "can't be read|no host"},
	{url: "http:///127.0.0.1:PORT/", refused: "no host"},
	{url: "http://good.test:PORT:80/", refused: "can't be read|port"},
	{url: "http://good.test\t.127.0.0.1:PORT/", refused: "control character"},
	{url: "gopher://127.0.0.1:PORT/", refused: "must begin with https://"},
	{url: "unix:///run/docker.sock", refused: "must begin with https://"},
	{url: "http://./", refused: "no valid name"},
	{url: "http://good..test:PORT/", refused: "no valid name"},
	{url: "http://denied.test..:PORT/", refused: "no valid name"},
	{url: "http://.good.test:PORT/", refused: "no valid name"},
	// Ports.
	{url: "http://good.test:22/", refused: "port 22"},
	{url: "http://good.test:0/", refused: "outside 1 to 65535"},
	{url: "http://good.test:65536/", refused: "outside 1 to 65535"},
	{url: "http://good.test/", refused: "port 80"},
	{url: "https://good.test/", refused: "port 443"},
	// Names that are refused wherever they lead.
	{url: "http://denied.test:PORT/", refused: "--deny-host denied.test"},
	{url: "http://DENIED.test.:PORT/", refused: "--deny-host denied.test"},
	{url: "http://a.b.corp.test:PORT/", refused: "--deny-host *.corp.test"},
	{url: "http://bücher.corp.test:PORT/", refused: "--deny-host *.corp.test"},
	{url: "http://ｄｅｎｉｅｄ.test:PORT/", refused: "--deny-host denied.test"},
	{url: "http://ßtraße.test:PORT/", refused: "--deny-host xn--trae-pqac.test|--deny-host strasse.test|--deny-host xn--"},
	{url: "http://xn--bcher-kva.test:PORT/", refused: "--deny-host xn--bcher-kva.test"},
	{url: "http://bücher.test:PORT/", refused: "--deny-host xn--bcher-kva.test"},
	// Names that lead where nothing may go.
	{url: "http://localhost:PORT/", fails: "special-purpose"},
	{url: "http://LOCALHOST.:PORT/", fails: "special-purpose"},
	{url: "http://loopback.test:PORT/", fails: "special-purpose"},
	{url: "http://loopback.test.:PORT/", fails: "special-purpose"},
	{url: "http://loopback6.test:PORT/", fails: "special-purpose"},
	{url: "http://mapped.test:PORT/", fails: "special-purpose"},
	{url: "http://nat64.test:PORT/", fails: "special-purpose"},
	{url: "http://6to4.test:PORT/", fails: "special-purpose"},
	{url: "http://any.test:PORT/", fails: "special-purpose"},
	{url: "http://any6.test:PORT/", fails: "special-purpose"},
	{url: "http://link.test:PORT/", fails: "special-purpose"},
	{url: "http://private.test:PORT/", fails: "special-purpose"},
	{url: "http://metadata.google.internal:PORT/computeMetadata/v1/", fails: "special-purpose"},
	{url: "http://platform.test:PORT/", fails: "special-purpose"},
	{url: "http://xn--lpback-cua.test:PORT/", fails: "special-purpose"},
	{url: "http://lópback.test:PORT/", fails: "special-purpose"},
	{url: "http://127.0.0.1.nip.test:PORT/", fails: "special-purpose"},
	{url: "http://0x7f.test:PORT/", fails: "special-purpose"},
	{url: "http://nowhere.test:PORT/", fails: "could not be resolved"},
	// One bad address beside a good one: the good one is called.
	{url: "http://good-bad.test:PORT/"},
	{url: "http://bad-good.test:PORT/"},
	{url: "http://good.test:PORT/"},
	{url: "http://corp.test:PORT/"}, // not below itself
	{url: "http://127.77.0.1:PORT/"},
	// Names that lead elsewhere the second time.
	{url: "http://rebind.test:PORT/"},
	{url: "http://rebind6.test:PORT/"},
	// Redirects to what may not be called.
	{url: "http://good.test:PORT/redirect/301", fails: "Redirects are not followed"},
	{url: "http://good.test:PORT/redirect/302", fails: "Redirects are not followed"},
	{url: "http://good.test:PORT/redirect/303", fails: "Redirects are not followed"},
	{url: "http://good.test:PORT/redirect/307", fails: "Redirects are not followed"},
	{url: "http://good.test:PORT/redirect/308", fails: "Redirects are not followed"},
}

// targetNames is what the suite's name server answers.
var targetNames = map[string][][]netip.Addr{
	"good.test": {lead(goodHost)}, "corp.test": {lead(goodHost)},
	"good-bad.test": {lead(goodHost, badHost)}, "bad-good.test": {lead(badHost, goodHost)},
	"rebind.test": {lead(goodHost), lead(badHost)}, "rebind6.test": {lead(goodHost), lead("::1")},
	"loopback.test": {lead(badHost)}, "localhost": {lead(badHost)}, "loopback6.test": {lead("::1")},
	"mapped.test": {lead("::ffff:127.0.0.1")}, "nat64.test": {lead("64:ff9b::7f00:1")}, "6to4.test": {lead("2002:7f00:1::")},
	"any.test": {lead("0.0.0.0")}, "any6.test": {lead("::")}, "link.test": {lead("169.254.169.254")}, "private.test": {lead("10.0.0.1", "192.168.1.1")},
	"metadata.google.internal": {lead("169.254.169.254")}, "platform.test": {lead("168.63.129.16")},
	"xn--lpback-cua.test": {lead(badHost)}, "xn--lpback-bxa.test": {lead(badHost)}, "127.0.0.1.nip.test": {lead(badHost)}, "0x7f.test": {lead(badHost)},
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
	good, err := net.Listen("tcp", goodHost+":0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(good.Addr().String())
	receiver := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Connection", "close") // so that each delivery dials
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/redirect/%d", &status); err == nil {
			w.Header().Set("Location", "http://"+net.JoinHostPort(badHost, s.port)+"/")
			w.WriteHeader(status)
		}
	}))
	receiver.Listener.Close()
	receiver.Listener = good
	receiver.Start()
	t.Cleanup(receiver.Close)
	listening := 0
	for _, host := range []string{badHost, "127.0.0.2", "::1"} {
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

func TestNoURLReachesAForbiddenListener(t *testing.T) {
	t.Parallel()
	if len(targetURLs) < 60 {
		t.Fatalf("the suite has %d URLs", len(targetURLs))
	}
	s := newTargetSite(t)
	guard := NewGuard([]netip.Prefix{netip.MustParsePrefix(goodHost + "/32")})
	var port PortRange
	if err := port.UnmarshalText([]byte(s.port)); err != nil {
		t.Fatal(err)
	}
	guard.ports = []PortRange{port}
	guard.denied = hosts(t, "denied.test", "*.corp.test", "bücher.test", "ßtraße.test")
	_, guard.resolver = newNameServer(t, targetNames)
	s.service.rules.guard = guard
	s.run()

	ids := make(map[string]string) // by URL
	for _, target := range targetURLs {
		url := strings.ReplaceAll(target.url, "PORT", s.port)
		e, _, err := s.service.Register(t.Context(), Registration{URL: url, EventTypes: []string{"face_matched"}})
		switch {
		case target.refused == "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case target.refused == "":
			ids[target.url] = e.ID
		case err == nil:
			t.Errorf("%s was registered, want a refusal about %q", url, target.refused)
		default:
			if words := says(t, err, "url"); !saysOneOf(words, target.refused) {
				t.Errorf("%s: the refusal says %q, want something about %q", url, words, target.refused)
			}
		}
	}
	s.publish("face_matched")
	for _, target := range targetURLs {
		id := ids[target.url]
		if id == "" {
			continue
		}
		waitFor(t, func() bool { st := s.service.Status(id); return st.Delivered+st.Failed > 0 })
		switch st := s.service.Status(id); {
		case target.fails == "" && st.Delivered != 1:
			t.Errorf("%s is not delivered to: %+v", target.url, st.LastError)
		case target.fails != "" && (st.Delivered > 0 || !strings.Contains(st.LastError.Detail, target.fails)):
			t.Errorf("%s: %d delivered; the failure says %+v, want something about %q", target.url, st.Delivered, st.LastError, target.fails)
		}
	}
	// The names that lead elsewhere by now.
	s.publish("face_matched")
	for _, url := range []string{"http://rebind.test:PORT/", "http://rebind6.test:PORT/"} {
		waitFor(t, func() bool { return s.service.Status(ids[url]).Failed > 0 })
		if st := s.service.Status(ids[url]); st.Delivered != 1 || st.LastError.Class != ClassRefused || !strings.Contains(st.LastError.Detail, "special-purpose") {
			t.Errorf("%s: %d delivered, then %+v", url, st.Delivered, st.LastError)
		}
	}
	// Tests dial too.
	for _, id := range ids {
		if _, err := s.service.Test(t.Context(), id, "face_matched"); err != nil {
			t.Error(err)
		}
	}
	s.stopLanes()
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
