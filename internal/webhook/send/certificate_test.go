package send

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

// certificatePEM returns a certificate as other languages read it.
func certificatePEM(t *testing.T, certificate tls.Certificate) (key, chain string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range certificate.Certificate {
		chain += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c}))
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), chain
}

// A receiver that insists on a client certificate closes the connection while
// the request is on its way: its alert often doesn't arrive. The failure is
// reported in the same words with and without the alert.
func TestReceiversThatDemandAClientCertificate(t *testing.T) {
	t.Parallel()
	certificate := webhooktest.Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")
	const node = `
const server = require('https').createServer({
	key: process.argv[1], cert: process.argv[2], requestCert: true, rejectUnauthorized: true, maxVersion: process.argv[3], ALPNProtocols: ['http/1.1'],
}, (request, response) => response.end())
server.on('tlsClientError', () => {})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
	key, chain := certificatePEM(t, certificate)
	raw := func(version uint16, end func(*tls.Conn, net.Conn)) string {
		return "https://" + webhooktest.RawServer(t, func(c net.Conn) {
			secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequestClientCert,
				MaxVersion: version})
			if secure.Handshake() == nil {
				end(secure, c)
			}
		})
	}
	for name, url := range map[string]string{
		"Node, TLS 1.3": "https://127.0.0.1:" + webhooktest.NodeServer(t, node, key, chain, "TLSv1.3"),
		"Node, TLS 1.2": "https://127.0.0.1:" + webhooktest.NodeServer(t, node, key, chain, "TLSv1.2"),
		"Go, TLS 1.3":   demandingServer(t, certificate, tls.VersionTLS13),
		"Go, TLS 1.2":   demandingServer(t, certificate, tls.VersionTLS12),
		"closes":        raw(tls.VersionTLS13, func(*tls.Conn, net.Conn) {}),
		"resets":        raw(tls.VersionTLS13, func(_ *tls.Conn, c net.Conn) { webhooktest.Reset(c) }),
		"closes later":  raw(tls.VersionTLS12, func(s *tls.Conn, _ net.Conn) { webhooktest.ReadRequest(s) }),
		"resets later":  raw(tls.VersionTLS13, func(s *tls.Conn, c net.Conn) { webhooktest.ReadRequest(s); webhooktest.Reset(c) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientFor(t, url)
			for range 20 {
				r := sendTo(t, c)
				if r.Class != delivery.ClassTLS || r.Status != 0 || !strings.Contains(r.Detail, "client certificate") {
					t.Fatalf("%+v", r)
				}
			}
		})
	}
}

func demandingServer(t *testing.T, certificate tls.Certificate, version uint16) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAndVerifyClientCert, MaxVersion: version}
	server.Config.ErrorLog = webhooktest.DiscardLog
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// A receiver that asks for a certificate but doesn't require one is like any
// other.
func TestReceiversThatMerelyAskForACertificate(t *testing.T) {
	t.Parallel()
	certificate := webhooktest.Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")
	answers := true
	c := clientFor(t, "https://"+webhooktest.RawServer(t, func(conn net.Conn) {
		secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequestClientCert})
		if secure.Handshake() != nil {
			return
		}
		webhooktest.ReadRequest(secure)
		if answers {
			fmt.Fprint(secure, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
	}))
	if r := sendTo(t, c); r.Class != delivery.ClassNone {
		t.Fatalf("%+v", r)
	}
	answers = false
	if r := sendTo(t, c); r.Class != delivery.ClassBody || strings.Contains(r.Detail, "certificate") {
		t.Errorf("once it breaks: %+v", r)
	}
}
