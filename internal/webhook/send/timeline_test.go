package send

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/webhooktest"
)

// reached are the names of the phases that an attempt reached.
func reached(r *Result) string {
	if r.Timeline == nil {
		return "no timeline"
	}
	var names []string
	for p, at := range r.Timeline.Phases {
		if at.Reached() {
			names = append(names, delivery.Phase(p).String())
		}
	}
	return strings.Join(names, " ")
}

// wantInOrder checks that the phases follow each other, and end with the attempt.
func wantInOrder(t *testing.T, r *Result) {
	t.Helper()
	end := time.Duration(0)
	for p, at := range r.Timeline.Phases {
		if !at.Reached() {
			continue
		}
		if at.From < end-time.Microsecond || at.To <= at.From || at.To > r.Duration+time.Microsecond {
			t.Errorf("%v lasts from %v to %v, the one before ended at %v, the attempt took %v", delivery.Phase(p), at.From, at.To, end, r.Duration)
		}
		end = at.To
	}
	// A name that isn't found ends its phase itself, a little before the attempt ends.
	if last, _ := r.Timeline.Last(); last != delivery.PhaseDNS && r.Duration-end > time.Microsecond {
		t.Errorf("the last phase ends at %v, the attempt took %v", end, r.Duration)
	}
}

func TestTimeline_OfEachKindOfFailure(t *testing.T) {
	t.Parallel()
	teapot := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Set-Cookie", "session=of-alice")
		w.Header().Set("X-Request-Id", "r-1")
		w.WriteHeader(http.StatusTeapot)
	})
	plain := httptest.NewServer(teapot)
	t.Cleanup(plain.Close)
	secure := webhooktest.TrustedServer(t, teapot, nil)
	selfSigned, _ := webhooktest.UntrustedServer(t, nil)
	_, port, _ := net.SplitHostPort(plain.Listener.Addr().String())
	half := webhooktest.RawServer(t, func(c net.Conn) {
		webhooktest.ReadRequest(c)
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
	})
	names := map[string][][]netip.Addr{"there.example": {webhooktest.Addrs("127.0.0.1")}, "private.example": {webhooktest.Addrs("10.0.0.1")}}
	guard := egress.NewGuardWithDNS(loopback, webhooktest.NameServer(t, names))
	for name, tc := range map[string]struct {
		url    string
		class  delivery.Class
		phases string
		failed string // the phase
		tls    string
	}{
		"http":            {plain.URL, delivery.ClassStatus, "connect request wait response", "", ""},
		"by name":         {"http://there.example:" + port, delivery.ClassStatus, "dns connect request wait response", "", ""},
		"https":           {secure.URL, delivery.ClassStatus, "connect tls request wait response", "", "TLS 1.3"},
		"self-signed":     {selfSigned.URL, delivery.ClassTLS, "connect tls", "tls", ""},
		"no such name":    {"http://nope.example:" + port, delivery.ClassDNS, "dns", "dns", ""},
		"nothing listens": {"http://127.0.0.1:1/", delivery.ClassConnect, "connect", "connect", ""},
		"private address": {"http://private.example:" + port, delivery.ClassRefused, "dns", "dns", ""},
		"no answer":       {"http://" + webhooktest.RawServer(t, webhooktest.Hold), delivery.ClassTimeout, "connect request wait", "wait", ""},
		"half an answer":  {"http://" + half, delivery.ClassBody, "connect request wait response", "response", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := guardedClient(t, tc.url, guard)
			c.timeout = 2 * time.Second
			r := sendTo(t, c)
			if r.Class != tc.class || reached(&r) != tc.phases {
				t.Fatalf("%v %q, with the phases %s; want %v, %s", r.Class, r.Detail, reached(&r), tc.class, tc.phases)
			}
			wantInOrder(t, &r)
			a := r.Attempt(1, 1, false)
			if failed, ok := a.FailedIn(); ok != (tc.failed != "") || ok && failed.String() != tc.failed {
				t.Errorf("it failed in %v, %t; want %q", failed, ok, tc.failed)
			}
			if r.Timeline.TLS != tc.tls || r.Timeline.Reused || r.Timeline.Signed == 0 {
				t.Errorf("the timeline is %+v", r.Timeline)
			}
			if tc.class == delivery.ClassStatus {
				if headers := fmt.Sprint(r.Timeline.Headers); !strings.Contains(headers, "{Set-Cookie [hidden]}") ||
					!strings.Contains(headers, "{X-Request-Id r-1}") || strings.Contains(headers, "alice") {
					t.Errorf("the headers are %s", headers)
				}
			}
		})
	}
}

func TestTimeline_OfASlowAnswer(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pause atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				time.Sleep(time.Duration(pause.Load()))
			}))
			server.EnableHTTP2 = http2
			server.TLS = &tls.Config{Certificates: []tls.Certificate{webhooktest.Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")}}
			server.StartTLS()
			t.Cleanup(server.Close)
			c := clientFor(t, server.URL)
			if r := sendTo(t, c); r.Class != delivery.ClassNone || r.Duration < SlowAtLeast && r.Timeline != nil {
				t.Fatalf("a quick one: %+v", r)
			}
			pause.Store(int64(SlowAtLeast))
			r := sendTo(t, c)
			if r.Class != delivery.ClassNone || reached(&r) != "request wait response" || !r.Timeline.Reused || r.Timeline.TLS != "TLS 1.3" {
				t.Fatalf("a slow one: %s, %+v", reached(&r), r)
			}
			wantInOrder(t, &r)
			if wait := r.Timeline.Phases[delivery.PhaseWait].Took(); wait < SlowAtLeast {
				t.Errorf("it waited for %v, the receiver for %v", wait, SlowAtLeast)
			}
			if host := server.Listener.Addr().String(); r.Timeline.Address != host {
				t.Errorf("the address is %s, want %s", r.Timeline.Address, host)
			}
		})
	}
}

func TestTimeline_ThroughAProxy(t *testing.T) {
	t.Parallel()
	secure := webhooktest.TrustedServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), nil)
	proxy := newTestProxy(t, secure.Listener.Addr().String())
	_, port, _ := net.SplitHostPort(secure.Listener.Addr().String())
	names := map[string][][]netip.Addr{"receiver.example": {webhooktest.Addrs("93.184.216.34")}}
	r := sendTo(t, guardedClient(t, "https://receiver.example:"+port, proxied(t, proxy.URL, "", names)))
	if reached(&r) != "connect tls" { // the certificate is another's
		t.Fatalf("%v %s: %s", r.Class, r.Detail, reached(&r))
	}
	wantInOrder(t, &r)
	if r.Timeline.Address != proxy.Listener.Addr().String() {
		t.Errorf("the address is %s, want the proxy's", r.Timeline.Address)
	}
}
