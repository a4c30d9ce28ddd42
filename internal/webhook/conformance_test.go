package webhook

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/webhook/send"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

// respond answers a request as it is told to.
func respond(format string, args ...any) func(net.Conn) {
	return func(c net.Conn) {
		webhooktest.ReadRequest(c)
		fmt.Fprintf(c, format, args...)
	}
}

// drip writes a text a byte at a time until the other side has had enough.
func drip(c net.Conn, text string) {
	for _, b := range []byte(text) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// behindTLS is a receiver that speaks TLS with a certificate and then does
// what script does.
func behindTLS(t *testing.T, certificate tls.Certificate, script func(net.Conn)) string {
	t.Helper()
	return "https://" + webhooktest.RawServer(t, func(c net.Conn) {
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}})
		if secure.Handshake() == nil {
			script(secure)
		}
	})
}

// TestConformance_OfAllKindsOfReceivers runs the whole service, from an event to what is
// on record, against receivers that do all that receivers do.
func TestConformance_OfAllKindsOfReceivers(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	endless := strings.Repeat("x", 1<<10)
	pour := func(c net.Conn) {
		for {
			if _, err := c.Write([]byte(endless)); err != nil {
				return
			}
		}
	}
	plain := func(script func(net.Conn)) func(*testing.T) string {
		return func(t *testing.T) string { return "http://" + webhooktest.RawServer(t, script) }
	}
	tomorrow, yesterday := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	type receiver struct {
		url    func(*testing.T) string
		class  delivery.Class
		status int
		kept   string         // of the answer
		wait   time.Duration  // asked for and honoured; zero means the schedule's
		state  delivery.State // afterwards; zero means active
	}
	receivers := map[string]receiver{
		"answers 200":              {url: plain(respond(ok)), status: 200},
		"answers without a reason": {url: plain(respond("HTTP/1.1 204\r\n\r\n")), status: 204},
		"speaks HTTP/1.0":          {url: plain(respond("HTTP/1.0 202 Accepted\r\n\r\nthank you")), status: 202},
		"answers in chunks": {url: plain(respond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")),
			status: 200},
		"has early hints": {url: plain(respond("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok)), status: 200},
		"thinks first": {url: plain(func(c net.Conn) {
			webhooktest.ReadRequest(c)
			time.Sleep(300 * time.Millisecond)
			fmt.Fprint(c, ok)
		}), status: 200},
		"never stops answering": {url: plain(func(c net.Conn) { respond("HTTP/1.1 200 OK\r\n\r\n")(c); pour(c) }), status: 200},
		"drips a short answer":  {url: plain(func(c net.Conn) { webhooktest.ReadRequest(c); drip(c, "HTTP/1.1 200\r\n\r\n") }), status: 200},
		"is behind TLS": {url: func(t *testing.T) string {
			return behindTLS(t, webhooktest.Authority.Issue(t, tomorrow, "127.0.0.1"), respond(ok))
		}, status: 200},
		"moved for good": {url: plain(respond("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")),
			class: delivery.ClassStatus, status: 301},
		"moved for now": {url: plain(respond("HTTP/1.1 307 Moved\r\nLocation: /here\r\nContent-Length: 4\r\n\r\nhere")),
			class: delivery.ClassStatus, status: 307, kept: "here"},
		"wants another protocol": {url: plain(respond(
			"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")), class: delivery.ClassStatus, status: 101},
		"wants no more": {url: plain(respond("HTTP/1.1 410 Gone\r\nContent-Length: 3\r\n\r\nbye")), class: delivery.ClassStatus,
			status: 410, kept: "bye", state: delivery.Disabled},
		"has an error": {url: plain(respond("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops")), class: delivery.ClassStatus,
			status: 500, kept: "oops"},
		"has endless errors": {url: plain(func(c net.Conn) { respond("HTTP/1.1 500 Oops\r\n\r\n")(c); pour(c) }),
			class: delivery.ClassStatus, status: 500, kept: strings.Repeat("x", send.MaxResponseText)},
		"is busy for seconds": {url: plain(respond("HTTP/1.1 429 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")),
			class: delivery.ClassStatus, status: 429, wait: 2 * time.Minute},
		"is busy until a time": {url: plain(respond("HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
			time.Now().Add(10*time.Minute).UTC().Format(http.TimeFormat))), class: delivery.ClassStatus, status: 503, wait: 10 * time.Minute},
		"was busy": {url: plain(respond("HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
			yesterday.UTC().Format(http.TimeFormat))), class: delivery.ClassStatus, status: 503},
		"is busy for ever": {url: plain(respond("HTTP/1.1 429 Busy\r\nRetry-After: 99999999999999999999999\r\n" +
			"Content-Length: 0\r\n\r\n")), class: delivery.ClassStatus, status: 429, wait: time.Hour},
		"is busy and can't say": {url: plain(respond("HTTP/1.1 429 Busy\r\nRetry-After: a while\r\nContent-Length: 0\r\n\r\n")),
			class: delivery.ClassStatus, status: 429},
		"has an error for a while": {url: plain(respond("HTTP/1.1 500 Oops\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")),
			class: delivery.ClassStatus, status: 500, wait: time.Minute},
		"says nothing": {url: plain(webhooktest.Hold), class: delivery.ClassTimeout},
		"thinks too long": {url: plain(func(c net.Conn) { webhooktest.ReadRequest(c); webhooktest.Hold(c) }),
			class: delivery.ClassTimeout},
		"drips its headers": {url: plain(func(c net.Conn) {
			webhooktest.ReadRequest(c)
			drip(c, "HTTP/1.1 200 OK\r\nX-Padding: "+endless)
		}), class: delivery.ClassTimeout},
		"drips its answer": {url: plain(func(c net.Conn) {
			respond("HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n")(c)
			drip(c, endless)
		}), class: delivery.ClassTimeout, status: 200},
		"drips its error": {url: plain(func(c net.Conn) {
			respond("HTTP/1.1 500 Oops\r\nContent-Length: 1024\r\n\r\n")(c)
			drip(c, endless)
		}), class: delivery.ClassTimeout, status: 500},
		"promises more than it sends": {url: plain(respond("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")), class: delivery.ClassBody,
			status: 200, kept: "begin"},
		"resets within its answer": {url: plain(func(c net.Conn) {
			respond("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")(c)
			time.Sleep(100 * time.Millisecond)
			webhooktest.Reset(c)
		}), class: delivery.ClassBody, status: 200, kept: "begin"},
		"resets before its answer": {url: plain(func(c net.Conn) { webhooktest.ReadRequest(c); webhooktest.Reset(c) }),
			class: delivery.ClassBody},
		"makes no sense in chunks": {url: plain(respond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")),
			class: delivery.ClassBody, status: 200},
		"has endless headers": {url: plain(func(c net.Conn) { respond("HTTP/1.1 200 OK\r\nX-Padding: ")(c); pour(c) }),
			class: delivery.ClassOther},
		"speaks something else": {url: plain(respond("220 mail.example ESMTP\r\n")), class: delivery.ClassOther},
		"has no TLS": {url: func(t *testing.T) string {
			return "https://" + webhooktest.RawServer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 1<<12))
				fmt.Fprint(c, "hello there, who is it?")
			})
		}, class: delivery.ClassTLS},
		"breaks its TLS": {url: func(t *testing.T) string {
			return "https://" + webhooktest.RawServer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 1<<12))
				fmt.Fprint(c, "\x15\x03\x03\x00\x02\x02\x28")
				webhooktest.Hold(c)
			})
		}, class: delivery.ClassTLS},
		"is somebody else": {url: func(t *testing.T) string {
			return behindTLS(t, webhooktest.Authority.Issue(t, tomorrow, "127.0.0.2", "other.example"), respond(ok))
		}, class: delivery.ClassTLS},
		"has outlived its certificate": {url: func(t *testing.T) string {
			return behindTLS(t, webhooktest.Authority.Issue(t, yesterday, "127.0.0.1"), respond(ok))
		}, class: delivery.ClassTLS},
	}

	s := startSite(t, t.TempDir(), nil)
	endpoints := make(map[string]*delivery.Endpoint)
	for name, r := range receivers {
		endpoints[name] = s.registerWith(r.url(t), delivery.Settings{TimeoutSeconds: 3}, "face_matched")
	}
	s.publish("face_matched")
	for name, want := range receivers {
		id := endpoints[name].ID
		waitFor(t, func() bool { return len(s.attempts(id)) > 0 })
		attempts := s.attempts(id)
		a := attempts[len(attempts)-1] // the first
		if a.Class != want.class || a.Status != want.status || a.OK() != (want.class == delivery.ClassNone) || a.Number != 1 ||
			a.Replay || a.Duration <= 0 {
			t.Errorf("a receiver that %s: on record is %+v", name, a)
		}
		switch {
		case want.class == delivery.ClassTimeout && want.status != 0:
			if !strings.HasPrefix(a.Response, "xxx") || a.Duration < time.Second {
				t.Errorf("a receiver that %s: kept %.20q after %v", name, a.Response, a.Duration)
			}
		case a.Response != want.kept:
			t.Errorf("a receiver that %s: kept %.20q", name, a.Response)
		}
		if a.OK() != (a.Detail == "") {
			t.Errorf("a receiver that %s: told as %q", name, a.Detail)
		}
		state := want.state
		if state == "" {
			state = delivery.Active
		}
		if status := s.service.Status(id); status.State != state || status.Exhausted != 0 {
			t.Errorf("a receiver that %s: the status is %+v", name, status)
		}
		p, waits := s.pending(id)[1]
		if waits == a.OK() {
			t.Errorf("a receiver that %s: pending %v", name, waits)
		}
		if a.OK() || state != delivery.Active || p.Attempts != 1 { // or it was tried again meanwhile
			continue
		}
		wait := p.Due.Sub(a.At.Add(a.Duration))
		if least := max(want.wait, worker.RetryDelays[0]*8/10) - 2*time.Second; wait < least ||
			wait > max(want.wait, worker.RetryDelays[0]*12/10)+2*time.Second {
			t.Errorf("a receiver that %s: tried again after %v", name, wait)
		}
	}
}
