package send

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

func TestErrorClass_HasItsDetail(t *testing.T) {
	t.Parallel()
	const hello = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin"
	for _, tc := range []struct {
		name  string
		start func(t *testing.T) *Client
		class delivery.Class
		// detail is what the sentence says, in part
		detail string
		status int
		kept   string
	}{
		{name: "nothing listens", class: delivery.ClassConnect, detail: "refused the connection", start: func(t *testing.T) *Client {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ln.Close()
			return clientFor(t, "http://"+ln.Addr().String())
		}},
		{name: "name without an address", class: delivery.ClassDNS, detail: `"nope.invalid"`, start: func(t *testing.T) *Client {
			return clientFor(t, "https://nope.invalid/")
		}},
		{name: "certificate that nobody vouches for", class: delivery.ClassTLS, detail: "certificate is not valid",
			start: func(t *testing.T) *Client {
				server, _ := webhooktest.UntrustedServer(t, nil)
				return clientFor(t, server.URL)
			}},
		{name: "certificate of another name", class: delivery.ClassTLS, detail: "certificate is not valid", start: func(t *testing.T) *Client {
			server, pool := webhooktest.UntrustedServer(t, nil)
			c := clientFor(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1))
			c.transport.TLSClientConfig.RootCAs = pool
			return c
		}},
		{name: "TLS of the last century", class: delivery.ClassTLS, detail: "No secure connection", start: func(t *testing.T) *Client {
			server, pool := webhooktest.UntrustedServer(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
			c := clientFor(t, server.URL)
			c.transport.TLSClientConfig.RootCAs = pool
			return c
		}},
		{name: "a certificate is asked of us", class: delivery.ClassTLS, detail: "demands a client certificate",
			start: func(t *testing.T) *Client {
				server, pool := webhooktest.UntrustedServer(t, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
				c := clientFor(t, server.URL)
				c.transport.TLSClientConfig.RootCAs = pool
				return c
			}},
		{name: "plain http behind https", class: delivery.ClassTLS, detail: "No secure connection", start: func(t *testing.T) *Client {
			return clientFor(t, strings.Replace(webhooktest.NewSink(t).URL, "http:", "https:", 1))
		}},
		{name: "no TLS at all behind https", class: delivery.ClassTLS, detail: "No secure connection", start: func(t *testing.T) *Client {
			return clientFor(t, "https://"+webhooktest.RawServer(t, func(c net.Conn) {
				fmt.Fprint(c, "SSH-2.0-OpenSSH_9.7\r\n")
				webhooktest.Hold(c)
			}))
		}},
		{name: "silence in the TLS handshake", class: delivery.ClassTLS, detail: "No secure connection", start: func(t *testing.T) *Client {
			c := clientFor(t, "https://"+webhooktest.RawServer(t, webhooktest.Hold))
			c.transport.TLSHandshakeTimeout = 50 * time.Millisecond
			return c
		}},
		{name: "slow headers", class: delivery.ClassTimeout, detail: "did not answer within", start: func(t *testing.T) *Client {
			c := clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-")
				webhooktest.Hold(c)
			}))
			c.timeout = 100 * time.Millisecond
			return c
		}},
		{name: "dripping body", class: delivery.ClassTimeout, detail: "answered 200 OK, but the body of its answer did not end within",
			status: 200, start: func(t *testing.T) *Client {
				c := clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
					webhooktest.ReadRequest(c)
					fmt.Fprint(c, hello)
					webhooktest.Hold(c)
				}))
				c.timeout = 100 * time.Millisecond
				return c
			}, kept: "begin"},
		{name: "request is not read", class: delivery.ClassTimeout, detail: "did not answer within", start: func(t *testing.T) *Client {
			release := make(chan struct{})
			c := clientFor(t, "http://"+webhooktest.RawServer(t, func(net.Conn) { <-release }))
			t.Cleanup(func() { close(release) })
			c.timeout = 100 * time.Millisecond
			return c
		}},
		{name: "closed before the answer", class: delivery.ClassBody, detail: "closed the connection", start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, webhooktest.ReadRequest))
		}},
		{name: "reset before the answer", class: delivery.ClassBody, detail: "closed the connection", start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				webhooktest.Reset(c)
			}))
		}},
		{name: "closed in the headers", class: delivery.ClassBody, detail: "closed the connection", start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n")
			}))
		}},
		{name: "closed in the body", class: delivery.ClassBody, detail: "answered 200 OK, but the body of its answer broke off.", status: 200,
			kept: "begin", start: func(t *testing.T) *Client {
				return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
					webhooktest.ReadRequest(c)
					fmt.Fprint(c, hello)
				}))
			}},
		{name: "reset in the body", class: delivery.ClassBody, detail: "answered 200 OK, but the body of its answer broke off.", status: 200,
			kept: "begin", start: func(t *testing.T) *Client {
				return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
					webhooktest.ReadRequest(c)
					fmt.Fprint(c, hello)
					// The reset would overtake what was not read yet.
					_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
					webhooktest.Hold(c)
					webhooktest.Reset(c)
				}))
			}},
		{name: "chunks that make no sense", class: delivery.ClassBody, detail: "broke off", status: 200, start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
				webhooktest.Hold(c)
			}))
		}},
		{name: "no HTTP", class: delivery.ClassOther, detail: "does not speak HTTP", start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				fmt.Fprint(c, "SSH-2.0-OpenSSH_9.7\r\n")
				webhooktest.Hold(c)
			}))
		}},
		{name: "endless headers", class: delivery.ClassOther, detail: "headers exceeded", start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\n")
				for i := 0; ; i++ {
					if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
						return
					}
				}
			}))
		}},
		{name: "another protocol", class: delivery.ClassStatus, detail: "101", status: 101, start: func(t *testing.T) *Client {
			return clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
				webhooktest.Hold(c)
			}))
		}},
		{name: "an error status", class: delivery.ClassStatus, detail: "503", status: 503, kept: "try later\n",
			start: func(t *testing.T) *Client {
				return answering(t, func(w http.ResponseWriter, _ *http.Request) {
					http.Error(w, "try later", http.StatusServiceUnavailable)
				})
			}},
		{name: "an address that is not allowed", class: delivery.ClassRefused, detail: "--allow-target", start: func(t *testing.T) *Client {
			return guardedClient(t, webhooktest.NewSink(t).URL, egress.NewGuard(egress.Policy{AllowHTTP: true}))
		}},
		{name: "a name that leads to one", class: delivery.ClassRefused, detail: "--allow-target", start: func(t *testing.T) *Client {
			return guardedClient(t, strings.Replace(webhooktest.NewSink(t).URL, "127.0.0.1", "localhost", 1),
				egress.NewGuard(egress.Policy{AllowHTTP: true}))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := sendFor(t, t.Context(), tc.start(t))
			if r.Class != tc.class || r.Status != tc.status || r.Interrupted {
				t.Errorf("class %q, status %d, interrupted %v, want class %q, status %d; %s", r.Class, r.Status, r.Interrupted, tc.class,
					tc.status, r.Detail)
			}
			if !strings.Contains(r.Detail, tc.detail) || !strings.HasSuffix(r.Detail, ".") || strings.Contains(r.Detail, "\n") {
				t.Errorf("told as %q, want a sentence about %q", r.Detail, tc.detail)
			}
			if strings.Contains(r.Detail, "whsec_") || strings.Contains(r.Detail, "Alice") {
				t.Errorf("the detail tells too much: %q", r.Detail)
			}
			if r.Response != tc.kept {
				t.Errorf("kept %q, want %q", r.Response, tc.kept)
			}
		})
	}
}

// How a connection that is closed at once shows depends on how far the
// request had got.
func TestConnectionClosedAtOnceIsAlwaysTheSameFailure(t *testing.T) {
	t.Parallel()
	c := clientFor(t, "http://"+webhooktest.RawServer(t, func(net.Conn) {}))
	for range 200 {
		if r := sendTo(t, c); r.Class != delivery.ClassBody {
			t.Errorf("%q, %s", r.Class, r.Detail)
		}
	}
	for _, err := range []error{
		errors.New("http: server closed idle connection"),
		fmt.Errorf("readLoopPeekFailLocked: %w", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}),
	} {
		if class, detail := classify(err); class != delivery.ClassBody {
			t.Errorf("net/http's %q is told as %q, %s", err, class, detail)
		}
	}
}

func TestClassesHaveNames(t *testing.T) {
	t.Parallel()
	want := map[delivery.Class]string{delivery.ClassNone: "", delivery.ClassDNS: "dns", delivery.ClassConnect: "connect",
		delivery.ClassTLS: "tls", delivery.ClassTimeout: "timeout",
		delivery.ClassStatus: "status", delivery.ClassRefused: "refused", delivery.ClassBody: "body", delivery.ClassOther: "other"}
	for c, name := range want {
		if c.String() != name {
			t.Errorf("class %d is %q in the API, want %q", c, c, name)
		}
	}
	// The store may hold a later version's.
	for _, unknown := range []delivery.Class{delivery.ClassOther + 1, 255} {
		if unknown.String() != "other" {
			t.Errorf("an unknown class is %q", unknown)
		}
	}
}

// The numbers stand in stores.
func TestClassNumbersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for number, c := range []delivery.Class{delivery.ClassNone, delivery.ClassDNS, delivery.ClassConnect, delivery.ClassTLS,
		delivery.ClassTimeout, delivery.ClassStatus, delivery.ClassRefused, delivery.ClassBody, delivery.ClassOther} {
		if int(c) != number {
			t.Errorf("class %q has the number %d, had %d", c, c, number)
		}
	}
}

func TestErrorClass_CutsLongErrors(t *testing.T) {
	t.Parallel()
	_, detail := classify(fmt.Errorf("outer: %w", fmt.Errorf("inner: %w", io.ErrShortWrite)))
	if !strings.Contains(detail, io.ErrShortWrite.Error()) || strings.Contains(detail, "outer") {
		t.Errorf("told as %q", detail)
	}
	_, detail = classify(fmt.Errorf("%s", strings.Repeat("é", 5000)))
	if len(detail) > 400 {
		t.Errorf("told in %d bytes", len(detail))
	}
}
