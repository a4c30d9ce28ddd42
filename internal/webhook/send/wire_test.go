package send

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/webhooktest"
)

func TestRegisteredURLsAreCalledByteForByte(t *testing.T) {
	t.Parallel()
	lines := make(chan [2]string, 1)
	address := webhooktest.RawServer(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		line, _ := r.ReadString('\n')
		host, _ := r.ReadString('\n')
		lines <- [2]string{strings.TrimSpace(line), strings.TrimSpace(host)}
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		_, _ = r.WriteTo(io.Discard)
	})
	_, port, _ := net.SplitHostPort(address)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, r.Proto, " ", r.RequestURI, " ", r.Host)
	}))
	secure.EnableHTTP2 = true
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{webhooktest.Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	open := egress.NewGuard(loopback)
	for _, target := range webhooktest.RequestTargets {
		raw := "http://" + address + target
		if words := open.CheckURL(raw, ""); words != "" {
			t.Errorf("%s is refused: it %s", raw, words)
			continue
		}
		if r := sendTo(t, clientFor(t, raw)); r.Class != delivery.ClassNone {
			t.Fatalf("%s: %+v", raw, r)
		}
		if got, want := <-lines, "POST "+webhooktest.RequestTarget(raw)+" HTTP/1.1"; got != [2]string{want, "Host: " + address} {
			t.Errorf("%s is called as %q, want %q", raw, got, want)
		}
		r := sendTo(t, clientFor(t, secure.URL+target))
		if want := "HTTP/2.0 " + webhooktest.RequestTarget(raw) + " " + secure.Listener.Addr().String(); r.Response != want {
			t.Errorf("over HTTP/2 %s is called as %q, want %q", raw, r.Response, want)
		}
	}
	// The host as it is written, except for names that aren't ASCII.
	for _, host := range []string{"localhost:" + port, "LOCALHOST:" + port, "127.0.0.1:" + port, "localhost.:" + port} {
		if r := sendTo(t, clientFor(t, "http://"+host+"/in")); r.Class != delivery.ClassNone {
			t.Logf("%s: %+v", host, r) // not every machine knows all of these
			continue
		}
		if got := <-lines; got[1] != "Host: "+host {
			t.Errorf("the host %s is called as %q", host, got[1])
		}
	}
}

// The default port is left as it is written, and a name becomes what is looked
// up.
func TestHostsOnTheWire(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://example.com/":                "example.com",
		"https://example.com:443/":            "example.com:443",
		"http://example.com:80/":              "example.com:80",
		"https://EXAMPLE.com/":                "EXAMPLE.com",
		"https://example.com./":               "example.com.",
		"https://bücher.example/":             "xn--bcher-kva.example",
		"https://BÜCHER.example:8443/":        "xn--bcher-kva.example:8443",
		"https://xn--bcher-kva.example/":      "xn--bcher-kva.example",
		"https://[2606:4700:4700::1111]/":     "[2606:4700:4700::1111]",
		"https://[2606:4700:4700::1111]:444/": "[2606:4700:4700::1111]:444",
	} {
		if words := egress.NewGuard(egress.Policy{AllowHTTP: true}).CheckURL(raw, ""); words != "" {
			t.Errorf("%s is refused: it %s", raw, words)
		}
		c := clientFor(t, raw)
		var wire strings.Builder
		if err := c.request(Request{Event: webhooktest.SomeEvent(t)}, time.Now(), 0).Write(&wire); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire.String())))
		if err != nil || r.Host != want {
			t.Errorf("%s is called at %q, want %q; %v", raw, r.Host, want, err)
		}
	}
}

// Node's server gets the same.
func TestNodeServerGetsTheRegisteredURL(t *testing.T) {
	t.Parallel()
	const script = `
const server = require('http').createServer((request, response) => { request.resume(); response.statusCode = 418; response.end(request.url) })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
	port := webhooktest.NodeServer(t, script)
	for _, target := range webhooktest.RequestTargets {
		if r := sendTo(t, clientFor(t, "http://127.0.0.1:"+port+target)); r.Response != webhooktest.RequestTarget("http://x"+target) {
			t.Errorf("%s is called as %q", target, r.Response)
		}
	}
}
