package send

import (
	"context"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// After any answer of a receiver, an attempt ends, within bounds, as delivered or
// with words that say why not.
func FuzzResponse(f *testing.F) {
	for _, answer := range []string{
		"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\n\r\nno",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "SSH-2.0-OpenSSH_9.7\r\n",
		"HTTP/1.1 404 \xff\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd", "HTTP/1.0 200 OK\r\n\r\n" + strings.Repeat("x", 5000),
		"HTTP/1.1 500 E\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
	} {
		f.Add([]byte(answer))
	}
	sent := webhooktest.SomeEvent(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		c := guardedClient(t, "http://receiver.example/", egress.NewGuard(egress.Policy{AllowHTTP: true}))
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				webhooktest.ReadRequest(far)
				_, _ = far.Write(answer)
			}()
			go func() { <-t.Context().Done(); near.Close() }()
			return near, nil
		}
		r := c.Send(t.Context(), Request{Event: sent, Test: true})
		switch {
		case r.Interrupted:
			t.Error("it was interrupted")
		case len(r.Response) > MaxResponseText || !utf8.ValidString(r.Response):
			t.Errorf("%d bytes were kept: %q", len(r.Response), r.Response)
		case r.Class == delivery.ClassNone && (r.Status < 200 || r.Status > 299):
			t.Errorf("%d counts as delivered", r.Status)
		case r.Class != delivery.ClassNone && (r.Detail == "" || len(r.Detail) > 4*MaxResponseText):
			t.Errorf("the failure says %q", r.Detail)
		case r.RetryAfter < 0 || r.RetryAfter > MaxRetryAfter:
			t.Errorf("it waits %s", r.RetryAfter)
		}
	})
}
