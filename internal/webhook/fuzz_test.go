package webhook

import (
	"context"
	"net"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/store"
	"postern/internal/webhook/egress"
)

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
		c := guardedClient(t, "http://receiver.example/", egress.NewGuard(egress.Policy{AllowHTTP: true}))
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
