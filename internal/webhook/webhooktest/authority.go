package webhooktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// Authority signs certificates of tests. The tests' process trusts it as it trusts
// the system's authorities.
var Authority = newAuthority()

type certificateAuthority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority() *certificateAuthority {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Postern's tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	// The system's are read once, which is now.
	file, err := os.CreateTemp("", "authority")
	must(err)
	defer os.Remove(file.Name())
	must(pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	must(file.Close())
	must(os.Setenv("SSL_CERT_FILE", file.Name()))
	defer func() { must(os.Unsetenv("SSL_CERT_FILE")) }()
	_, err = x509.SystemCertPool()
	must(err)
	return &certificateAuthority{certificate, key}
}

// Issue makes a certificate for 127.0.0.1 and the names.
func (a *certificateAuthority) Issue(t *testing.T, until time.Time, address string, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(address)}, DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TrustedServer is a receiver with a certificate of the Authority.
func TrustedServer(t *testing.T, h http.Handler, configure func(*tls.Config)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")}}
	server.Config.ErrorLog = DiscardLog
	if configure != nil {
		configure(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// UntrustedServer is a receiver with a certificate that no authority has signed,
// and the pool that trusts it.
func UntrustedServer(t *testing.T, configure func(*tls.Config)) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{}
	server.Config.ErrorLog = DiscardLog
	if configure != nil {
		configure(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server, pool
}
