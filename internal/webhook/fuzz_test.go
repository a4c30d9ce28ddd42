package webhook

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/store"
)

// What registration takes leads to no address that can be told to be
// forbidden, however it is written.
func FuzzCheckURL(f *testing.F) {
	for _, target := range targetURLs {
		f.Add(strings.ReplaceAll(target.url, "PORT", "8080"))
	}
	f.Add("https://bücher.example/%c3%bc?a=b")
	f.Add("https://example.com//a%2Fb/../%7Bc%7D?q=[%22]&&?")
	open := rules{allowHTTP: true, guard: NewGuard(nil)}
	f.Fuzz(func(t *testing.T, raw string) {
		words := open.checkURL(raw)
		if words != "" {
			if !utf8.ValidString(words) && utf8.ValidString(raw) {
				t.Errorf("%q: the refusal isn't text: %q", raw, words)
			}
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" || len(raw) > maxURLBytes {
			t.Fatalf("%q was taken: %v", raw, err)
		}
		if want := writtenTarget(raw); u.RequestURI() != want {
			t.Errorf("%q was taken, and is called as %q", raw, u.RequestURI())
		}
		host, err := asciiHost(u.Hostname())
		if err != nil || host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q was taken, with the host %q: %v", raw, host, err)
		}
		if addr, err := netip.ParseAddr(host); err == nil && (addr.Zone() != "" || !open.guard.Allows(addr.Unmap())) {
			t.Errorf("%q was taken, and leads to %s", raw, addr)
		}
		if words := open.guard.refuses(u.Hostname(), portOf(u)); words != "" {
			t.Errorf("%q was taken, and is refused at the dialer: %s", raw, words)
		}
	})
}

// Settings that were taken are read back as they are.
func FuzzSettings(f *testing.F) {
	f.Add(`{}`)
	f.Add(`{"camera_ids":["a"],"conditions":{"similarity":{">=":0.9}},"ordered":true,"max_in_flight":1,"payload":"thin"}`)
	f.Add(`{"max_per_second":1e-5,"storm_window_seconds":86400,"timeout_seconds":60,"payload":"full"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, filter, err := settingsOf(&store.Endpoint{ID: "wh_1", Settings: text})
		if err != nil {
			return
		}
		if s.concurrency() < 1 || s.concurrency() > maxInFlightLimit || s.timeout() <= 0 || s.timeout().Seconds() > maxTimeoutSeconds || len(filter.Cameras) > maxFilterNames {
			t.Errorf("%s was read as %+v", text, s)
		}
		kept, err := encodeSettings(s)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := settingsOf(&store.Endpoint{ID: "wh_1", Settings: kept})
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%s was kept as %s and read as %+v, %v", text, kept, again, err)
		}
	})
}

// Whatever a receiver answers, an attempt ends, within bounds, as delivered or
// with words that say why not.
func FuzzResponse(f *testing.F) {
	for _, answer := range []string{
		"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\n\r\nno",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "SSH-2.0-OpenSSH_9.7\r\n",
		"HTTP/1.1 404 \xff\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd", "HTTP/1.0 200 OK\r\n\r\n" + strings.Repeat("x", 5000), "HTTP/1.1 500 E\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
	} {
		f.Add([]byte(answer))
	}
	sent := someEvent(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		c := guardedClient(t, "http://receiver.example/", NewGuard(nil))
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				readRequest(far)
				_, _ = far.Write(answer)
			}()
			go func() { <-t.Context().Done(); near.Close() }()
			return near, nil
		}
		r := c.send(t.Context(), parcel{event: sent, test: true})
		switch {
		case r.interrupted:
			t.Error("it was interrupted")
		case len(r.response) > keptResponse || !utf8.ValidString(r.response):
			t.Errorf("%d bytes were kept: %q", len(r.response), r.response)
		case r.class == ClassNone && (r.status < 200 || r.status > 299):
			t.Errorf("%d counts as delivered", r.status)
		case r.class != ClassNone && (r.detail == "" || len(r.detail) > 4*keptResponse):
			t.Errorf("the failure says %q", r.detail)
		case r.retryAfter < 0 || r.retryAfter > maxRetryAfter:
			t.Errorf("it waits %s", r.retryAfter)
		}
	})
}

// A host that a pattern is about is refused, however either is written.
func FuzzHostPattern(f *testing.F) {
	f.Add("*.example.com", "a.example.com")
	f.Add("bücher.example", "xn--bcher-kva.example")
	f.Add("ＤＢ.example.", "db.EXAMPLE")
	f.Fuzz(func(t *testing.T, pattern, host string) {
		var p, again HostPattern
		if p.UnmarshalText([]byte(pattern)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(p)); err != nil || again != p {
			t.Errorf("%q became %q, and that %q: %v", pattern, p, again, err)
		}
		end, wild := strings.CutPrefix(string(p), "*")
		name, err := asciiHost(host)
		want := err == nil && (wild && strings.HasSuffix(name, end) && name != end || name == string(p))
		if refused := (&Guard{denied: []HostPattern{p}}).refuses(host, "443"); (refused != "") != (want || err != nil) {
			t.Errorf("%q and %q: %q", pattern, host, refused)
		}
	})
}
