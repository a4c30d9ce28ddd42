package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/internal/porttest"
)

// needsIPv6 skips a test where ::1 isn't there.
func needsIPv6(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no ::1: %v", err)
	}
	ln.Close()
}

func TestLocalhost_isBothAddressesWithOnePort(t *testing.T) {
	t.Parallel()
	needsIPv6(t)
	d := startWith(t, nil, "serve", "--data", t.TempDir(), "--listen", "localhost:0")
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(d.base, "http://"))
	if !strings.HasPrefix(d.base, "http://127.0.0.1:") || !strings.Contains(d.log.String(), "also=http://[::1]:"+port) {
		t.Errorf("the log doesn't name both addresses:\n%s", d.log.String())
	}
	client := &http.Client{Timeout: 30 * time.Second}
	for i, base := range []string{"http://127.0.0.1:" + port, "http://[::1]:" + port} {
		res, err := client.Post(base+"/api/v1/events", "", strings.NewReader(fmt.Sprintf(`{"id":"e%d","type":"face_detected","source":"x"}`, i)))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusAccepted {
			t.Errorf("%s answers %s", base, res.Status)
		}
		// Under each name, a page's own requests are same-origin.
		for _, host := range []string{net.JoinHostPort("localhost", port), strings.TrimPrefix(base, "http://")} {
			req, _ := http.NewRequest("GET", base+"/api/v1/events/recent", nil)
			req.Host = host
			req.Header.Set("Origin", "http://"+host)
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != 200 || bytes.Count(body, []byte(`"id"`)) != i+1 {
				t.Errorf("%s as %s answers %s: %s", base, host, res.Status, body)
			}
		}
	}
	for _, listen := range []string{"localhost:" + port, "LOCALHOST:" + port, "[::1]:" + port, "127.0.0.1:" + port} {
		if code, stdout, stderr := command(t, nil, "health", "--listen", listen); code != 0 || stdout != "ready\n" {
			t.Errorf("health of %s: %d, %s%s", listen, code, stdout, stderr)
		}
	}
}

func TestLocalhost_otherProgramOnOneAddressIsToldOf(t *testing.T) {
	t.Parallel()
	needsIPv6(t)
	for _, ip := range localhostAddresses {
		port := porttest.Free(t)
		other, err := net.Listen("tcp", net.JoinHostPort(ip, port))
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		code, _, stderr := command(t, nil, "serve", "--data", t.TempDir(), "--listen", "localhost:"+port)
		words := []string{"listen on " + net.JoinHostPort(ip, port), "address already in use", "--listen"}
		if ip == "::1" {
			words = append(words, "another program", "--listen localhost:PORT", "--listen 127.0.0.1:"+port)
		}
		for _, word := range words {
			if code != 1 || !strings.Contains(stderr, word) {
				t.Errorf("exit %d, and it doesn't say %q: %s", code, word, stderr)
			}
		}
		// The failed start released the other address.
		ln, err := net.Listen("tcp", net.JoinHostPort(localhostAddresses[0], port))
		if err != nil && ip != localhostAddresses[0] {
			t.Error(err)
		} else if err == nil {
			ln.Close()
		}
	}
}

func TestLocalhost_machineWithoutOneFamilyServesTheOther(t *testing.T) {
	t.Parallel()
	for name, addresses := range map[string][]string{
		"no IPv6": {"127.0.0.1", "2001:db8::1"}, // an address that no machine has
		"no IPv4": {"192.0.2.1", "127.0.0.1"},
	} {
		listeners, err := listenLocalhost(addresses, "0")
		if err != nil || len(listeners) != 1 || !strings.HasPrefix(listeners[0].Addr().String(), "127.0.0.1:") {
			t.Errorf("%s: %v, %v", name, listeners, err)
		}
		closeAll(listeners)
	}
	if listeners, err := listenLocalhost([]string{"192.0.2.1", "2001:db8::1"}, "0"); err == nil || len(listeners) != 0 ||
		!strings.Contains(err.Error(), "neither") {
		t.Errorf("without both: %v, %v", listeners, err)
	}
}

func TestLocalhost_isTheDefault(t *testing.T) {
	t.Parallel()
	_, help, _ := command(t, nil, "serve", "--help")
	if !strings.Contains(strings.Join(strings.Fields(help), " "), "(localhost:8000: 127.0.0.1 and ::1)") {
		t.Errorf("serve --help:\n%s", help)
	}
	for listen, want := range map[string]bool{"localhost:8000": true, "LocalHost:1": true, "127.0.0.1:1": true, "[::1]:1": true,
		"127.9.9.9:1": true, "0.0.0.0:1": false, ":1": false, "[::]:1": false, "localhost.example:1": false} {
		f := serveFlags{Listen: listen, data: "x", Retain: days(time.Hour), RetainBytes: 1 << 30, History: 1, Shifts: "06:00",
			RetainSnapshots: days(time.Hour), RetainSnapshotBytes: 1 << 30}
		if err := f.check(); err != nil || f.loopback != want {
			t.Errorf("%s: loopback %v, %v", listen, f.loopback, err)
		}
	}
}
