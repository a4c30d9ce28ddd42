package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOtherAddressesTakeAnAdministrator(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, args := range [][]string{{"--listen", "0.0.0.0:0"}, {"--listen", "127.0.0.1:0", "--require-access"},
		{"--listen", "127.0.0.1:0", "--trusted-proxy", "10.0.0.0/8"}} {
		code, _, stderr := command(t, nil, append([]string{"serve", "--data", data}, args...)...)
		if code != 1 || !strings.Contains(stderr, "postern user add NAME --role administrator --data "+data) {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
	if code, _, stderr := command(t, nil, "user", "add", "root", "--role", "administrator", "--generate", "--data", data); code != 0 {
		t.Fatalf("user add: exit %d, %s", code, stderr)
	}
	_, key, _ := command(t, nil, "key", "add", "engine", "--scope", "ingest", "--data", data)
	key = strings.TrimSpace(key[strings.Index(key, "pst_"):])
	p := start(t, data, "--listen", "0.0.0.0:0")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(p.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	url := "http://127.0.0.1:" + port + "/api/v1/events"
	const body = `{"type":"face_detected","source":"x"}`
	ask := func(key string) int {
		req, err := http.NewRequest("POST", url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "postern.example:8000" // any name leads there
		if key != "" {
			req.Header.Set("Authorization", "Bearer "+key)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if with, without := ask(strings.Fields(key)[0]), ask(""); with != 202 || without != 401 {
		t.Errorf("with a key %d, without %d; want 202 and 401", with, without)
	}
	if !strings.Contains(p.log.String(), "unencrypted") {
		t.Errorf("it doesn't say that the network is open to listeners: %s", p.log.String())
	}
}

// selfSigned writes a certificate for 127.0.0.1 that is told by its number.
func selfSigned(t *testing.T, dir string, number int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "postern"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLSIsServedFromFiles(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	cert, key := selfSigned(t, dir, 7)
	if code, _, stderr := command(t, nil, "serve", "--listen", "127.0.0.1:0", "--data", data, "--tls-cert", cert, "--tls-key",
		cert); code != 1 || !strings.Contains(stderr, "certificate") {
		t.Errorf("without its key: exit %d, %s", code, stderr)
	}
	p := start(t, data, "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(p.base, "https://") {
		t.Fatalf("it serves %s", p.base)
	}
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	res, err := client.Get(p.base + "/api/v1/events/recent")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 200 || string(body) != "[]" ||
		res.TLS.PeerCertificates[0].SerialNumber.Int64() != 7 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestARenewedCertificateIsReadAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := selfSigned(t, dir, 1)
	var log bytes.Buffer
	c := &certificate{cert: cert, key: key, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := c.read(); err != nil {
		t.Fatal(err)
	}
	number := func() int64 {
		c.looked = time.Time{} // time to look again
		return c.current().Leaf.SerialNumber.Int64()
	}
	if n := number(); n != 1 {
		t.Errorf("it serves %d", n)
	}
	// While it is half written, the previous one stays.
	later := time.Now().Add(time.Minute)
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chtimes(cert, later, later)
	if n := number(); n != 1 || !strings.Contains(log.String(), "the previous one stays in use") {
		t.Errorf("it serves %d and says %s", n, log.String())
	}
	selfSigned(t, dir, 2)
	later = later.Add(time.Minute)
	_ = os.Chtimes(cert, later, later)
	if n := number(); n != 2 {
		t.Errorf("it serves %d", n)
	}
}
