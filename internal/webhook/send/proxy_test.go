package send

import (
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/webhooktest"
)

// testProxy is a real forward proxy, for plain requests and tunnels, that
// connects to one receiver whatever it is asked for.
type testProxy struct {
	*httptest.Server
	asked chan *http.Request
}

func newTestProxy(t *testing.T, receiver string) *testProxy {
	t.Helper()
	p := &testProxy{asked: make(chan *http.Request, 100)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked <- r.Clone(r.Context())
		to, err := net.Dial("tcp", receiver)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer to.Close()
		if r.Method != http.MethodConnect {
			w.Header().Set("X-Through", "proxy")
			_, _ = io.Copy(io.Discard, r.Body)
			return
		}
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, from); to.Close() }()
		_, _ = io.Copy(from, to)
	}))
	t.Cleanup(p.Close)
	return p
}

func proxied(t *testing.T, raw, login string, names map[string][][]netip.Addr) *egress.Guard {
	t.Helper()
	return egress.NewGuardWithDNS(proxyPolicy(t, raw, login), webhooktest.NameServer(t, names))
}

func proxyPolicy(t *testing.T, raw, login string) egress.Policy {
	t.Helper()
	proxy, err := egress.ParseProxy(raw, login)
	if err != nil {
		t.Fatal(err)
	}
	return egress.Policy{AllowHTTP: true, Proxy: proxy}
}

func TestProxy_HasTheDeliveries(t *testing.T) {
	t.Parallel()
	var got atomic.Int64
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	t.Cleanup(receiver.Close)
	p := newTestProxy(t, receiver.Listener.Addr().String())
	guard := proxied(t, p.URL, "alice:s3cret:x", map[string][][]netip.Addr{"example.com": {webhooktest.Addrs("8.8.8.8")}})

	// The tunnel is to a name that is public, and its TLS is the receiver's.
	c := guardedClient(t, "https://example.com/hook", guard)
	c.transport.TLSClientConfig.RootCAs = receiver.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if r := sendTo(t, c); r.Class != delivery.ClassNone || got.Load() != 1 {
		t.Errorf("%d requests arrived; %q, %q", got.Load(), r.Class, r.Detail)
	}
	asked := <-p.asked
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte("alice:s3cret:x"))
	if asked.Method != http.MethodConnect || asked.Host != "example.com:443" || asked.Header.Get("Proxy-Authorization") != login {
		t.Errorf("the proxy was asked %s %s %v", asked.Method, asked.Host, asked.Header)
	}

	if r := sendTo(t, guardedClient(t, "http://example.com/hook", guard)); r.Class != delivery.ClassNone {
		t.Errorf("%q, %q", r.Class, r.Detail)
	}
	if asked := <-p.asked; asked.Method != http.MethodPost || asked.RequestURI != "http://example.com/hook" {
		t.Errorf("the proxy was asked %s %s", asked.Method, asked.RequestURI)
	}
}

// The proxy isn't asked for anything that the guard refuses. It looks the
// name up itself, so one bad address among good ones is one too many.
func TestProxy_IsNotCalledForURLsThatTheGuardRefuses(t *testing.T) {
	t.Parallel()
	p := newTestProxy(t, "127.0.0.1:1")
	policy := proxyPolicy(t, p.URL, "")
	policy.DenyHosts, policy.Ports = hosts(t, "denied.test"), []egress.PortRange{{First: 80, Last: 80}, {First: 443, Last: 443}}
	guard := egress.NewGuardWithDNS(policy, webhooktest.NameServer(t, map[string][][]netip.Addr{
		"inside.test": {webhooktest.Addrs("10.0.0.1")}, "half.test": {webhooktest.Addrs("8.8.8.8", "127.0.0.1")},
		"six.test":    {webhooktest.Addrs("8.8.8.8", "::1")},
		"mapped.test": {webhooktest.Addrs("::ffff:10.0.0.1")}, "public.test": {webhooktest.Addrs("8.8.8.8")},
		"denied.test": {webhooktest.Addrs("8.8.8.8")},
	}))
	for target, want := range map[string]string{
		"http://inside.test/": "special-purpose", "https://inside.test/": "special-purpose", "http://half.test/": "special-purpose",
		"http://six.test/":    "special-purpose",
		"http://mapped.test/": "special-purpose", "http://127.0.0.1/": "special-purpose", "https://[::1]/": "special-purpose",
		"http://１２７.0.0.1/":   "special-purpose",
		"http://denied.test/": "--deny-host", "http://public.test:22/": "--target-ports",
	} {
		if r := sendTo(t, guardedClient(t, target, guard)); r.Class != delivery.ClassRefused || !strings.Contains(r.Detail, want) {
			t.Errorf("%s: %q, %q", target, r.Class, r.Detail)
		}
	}
	if r := sendTo(t, guardedClient(t, "http://nowhere.test/", guard)); r.Class != delivery.ClassDNS {
		t.Errorf("an unknown name: %q, %q", r.Class, r.Detail)
	}
	if n := len(p.asked); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

func TestProxyThatIsDownIsNamed(t *testing.T) {
	t.Parallel()
	p := newTestProxy(t, "127.0.0.1:1")
	p.Close()
	r := sendTo(t, guardedClient(t, "https://8.8.8.8/", proxied(t, p.URL, "", nil)))
	if r.Class != delivery.ClassConnect || !strings.Contains(r.Detail, "delivery proxy") {
		t.Errorf("%q, %q", r.Class, r.Detail)
	}
}

// A proxy of the environment would dial what the guard refuses.
func TestProxy_OfTheEnvironmentIsNeverCalled(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("ALL_PROXY", "http://127.0.0.1:1")
	sink := webhooktest.NewSink(t)
	if r := sendTo(t, clientFor(t, strings.Replace(sink.URL, "127.0.0.1", "localhost", 1))); r.Class != delivery.ClassNone {
		t.Errorf("%q, %q", r.Class, r.Detail)
	}
	if c := clientFor(t, "https://example.com/"); c.transport.Proxy != nil {
		t.Error("the client asks for a proxy")
	}
	c := guardedClient(t, "https://8.8.8.8/", proxied(t, "http://proxy.example:3128", "", nil))
	chosen, err := c.transport.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: "8.8.8.8"}})
	if err != nil || chosen.Host != "proxy.example:3128" {
		t.Errorf("the client goes through %v, %v", chosen, err)
	}
}
