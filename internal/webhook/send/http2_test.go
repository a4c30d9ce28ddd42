package send

import (
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Stream is one unanswered request at an HTTP/2 receiver.
type http2Stream struct {
	*http2.Framer
	conn net.Conn
	id   uint32
	nth  int // on its connection, from 1
	of   int // number of its connection, from 1
}

// head answers with a status.
func (s *http2Stream) head(status string, ends bool) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status})
	_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: ends})
}

// http2Receiver speaks HTTP/2 and has script answer each request once it has
// arrived completely. A connection ends where script returns false.
func http2Receiver(t *testing.T, script func(*http2Stream) bool) (url string) {
	t.Helper()
	certificate := webhooktest.Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")
	var connections atomic.Int32
	return "https://" + webhooktest.RawServer(t, func(c net.Conn) {
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}})
		preface := make([]byte, len(http2.ClientPreface))
		if n, err := secure.Read(preface); err != nil || n != len(preface) {
			return
		}
		framer := http2.NewFramer(secure, secure)
		_ = framer.WriteSettings()
		of := int(connections.Add(1))
		for nth := 1; ; {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if settings, ok := frame.(*http2.SettingsFrame); ok && !settings.IsAck() {
				_ = framer.WriteSettingsAck()
			}
			if data, ok := frame.(*http2.DataFrame); ok && data.StreamEnded() {
				if !script(&http2Stream{Framer: framer, conn: secure, id: data.StreamID, nth: nth, of: of}) {
					return
				}
				nth++
			}
		}
	})
}

func TestHTTP2_FailuresHaveTheirDetails(t *testing.T) {
	t.Parallel()
	resetWith := func(code http2.ErrCode) func(*http2Stream) bool {
		return func(s *http2Stream) bool {
			_ = s.WriteRSTStream(s.id, code)
			return true
		}
	}
	for name, tc := range map[string]struct {
		script func(*http2Stream) bool
		class  delivery.Class
		status int
		detail string
	}{
		"answers": {func(s *http2Stream) bool { s.head("204", true); return true }, delivery.ClassNone, 204, ""},
		"resets": {resetWith(http2.ErrCodeInternal), delivery.ClassBody,
			0, "reset the request before it had answered (HTTP/2 RST_STREAM, INTERNAL_ERROR)"},
		"cancels":               {resetWith(http2.ErrCodeCancel), delivery.ClassBody, 0, "(HTTP/2 RST_STREAM, CANCEL)"},
		"resets oddly":          {resetWith(77), delivery.ClassBody, 0, "(HTTP/2 RST_STREAM, error code 0x4d)"},
		"wants calm":            {resetWith(http2.ErrCodeEnhanceYourCalm), delivery.ClassBody, 0, "ENHANCE_YOUR_CALM"},
		"wants HTTP/1.1":        {resetWith(http2.ErrCodeHTTP11Required), delivery.ClassBody, 0, "only over HTTP/1.1"},
		"refuses every stream":  {resetWith(http2.ErrCodeRefusedStream), delivery.ClassBody, 0, "turned the request away unread"},
		"complains of protocol": {resetWith(http2.ErrCodeProtocol), delivery.ClassBody, 0, "turned the request away unread"},
		"goes away": {func(s *http2Stream) bool {
			_ = s.WriteGoAway(s.id, http2.ErrCodeInternal, []byte("secret <b>"))
			return false
		}, delivery.ClassBody, 0, "ended the connection before it had answered (HTTP/2 GOAWAY, INTERNAL_ERROR)"},
		"closes": {func(*http2Stream) bool { return false }, delivery.ClassBody, 0, "closed the connection before it had answered"},
		"resets in the body": {func(s *http2Stream) bool {
			s.head("200", false)
			_ = s.WriteData(s.id, false, []byte("half"))
			_ = s.WriteRSTStream(s.id, http2.ErrCodeInternal)
			return true
		}, delivery.ClassBody, 200, "answered 200 OK, but the body of its answer broke off (HTTP/2 RST_STREAM, INTERNAL_ERROR)"},
		"closes in the body": {func(s *http2Stream) bool {
			s.head("200", false)
			_ = s.WriteData(s.id, false, []byte("half"))
			return false
		}, delivery.ClassBody, 200, "answered 200 OK, but the body of its answer broke off"},
		"has an error and resets": {func(s *http2Stream) bool {
			s.head("503", false)
			_ = s.WriteData(s.id, false, []byte("half"))
			_ = s.WriteRSTStream(s.id, http2.ErrCodeCancel)
			return true
		}, delivery.ClassStatus, 503, "answered 503 Service Unavailable."},
		"has no status": {func(s *http2Stream) bool {
			var block bytes.Buffer
			_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: "server", Value: "x"})
			_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
			return true
		}, delivery.ClassOther, 0, "malformed"},
		"breaks the rules": {func(s *http2Stream) bool {
			_ = s.WriteRawFrame(http2.FrameData, 0, 0, []byte("x"))
			return true
		}, delivery.ClassOther, 0, "violated the HTTP/2 protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientFor(t, http2Receiver(t, tc.script))
			for range 2 { // on a fresh connection, and on one that is kept
				r := sendTo(t, c)
				if r.Class != tc.class || r.Status != tc.status || !strings.Contains(r.Detail, tc.detail) {
					t.Errorf("class %q, status %d, want class %q, status %d; %s", r.Class, r.Status, tc.class, tc.status, r.Detail)
				}
				if strings.Contains(r.Detail, "secret") {
					t.Errorf("the receiver's own words are told: %s", r.Detail)
				}
				if r.Repeats > maxOwnRepeats+1 {
					t.Errorf("%d repeats", r.Repeats)
				}
			}
		})
	}
}

// A request that an HTTP/2 receiver rejects as unread, or leaves unanswered as
// it closes, is repeated and uses up no attempt.
func TestStaleHTTP2ConnectionCostsNoAttempt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*http2Stream) bool{
		"closes":               func(*http2Stream) bool { return false },
		"goes away and closes": func(s *http2Stream) bool { _ = s.WriteGoAway(s.id, http2.ErrCodeNo, nil); return false },
		"goes away before it":  func(s *http2Stream) bool { _ = s.WriteGoAway(s.id-2, http2.ErrCodeNo, nil); return true },
		"has had enough":       func(s *http2Stream) bool { _ = s.WriteGoAway(s.id-2, http2.ErrCodeEnhanceYourCalm, nil); return true },
		"refuses the stream":   func(s *http2Stream) bool { _ = s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream); return true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var delivered sync.Map
			c := clientFor(t, http2Receiver(t, func(s *http2Stream) bool {
				if s.nth > 1 {
					return end(s)
				}
				delivered.Store(s.of, true)
				s.head("200", true)
				return true
			}))
			var repeats int64
			for i := range 4 {
				r := sendTo(t, c)
				if r.Class != delivery.ClassNone || r.Repeats > maxOwnRepeats+1 {
					t.Errorf("attempt %d: %+v", i, r)
				}
				repeats += r.Repeats
			}
			n := 0
			delivered.Range(func(any, any) bool { n++; return true })
			if n != 4 || repeats == 0 {
				t.Errorf("%d deliveries, %d repeats", n, repeats)
			}
		})
	}
}

// A reset of one stream is a failed request, also on a reused connection.
func TestResetStreamIsNotRepeated(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	c := clientFor(t, http2Receiver(t, func(s *http2Stream) bool {
		if requests.Add(1) == 1 {
			s.head("200", true)
			return true
		}
		_ = s.WriteRSTStream(s.id, http2.ErrCodeInternal)
		return true
	}))
	sendTo(t, c)
	if r := sendTo(t, c); r.Class != delivery.ClassBody || r.Repeats != 0 || requests.Load() != 2 {
		t.Errorf("%d requests: %+v", requests.Load(), r)
	}
}

// Node's HTTP/2 server fails in each possible way.
func TestNodeHTTP2ServerThatResets(t *testing.T) {
	t.Parallel()
	certificate := webhooktest.Authority.Issue(t, time.Now().Add(time.Hour), "127.0.0.1")
	const script = `
const http2 = require('http2')
const c = http2.constants
const server = http2.createSecureServer({ key: process.argv[1], cert: process.argv[2] })
server.on('stream', (stream, headers) => {
	stream.on('error', () => {})
	stream.resume()
	stream.on('end', () => {
		switch (headers[':path']) {
		case '/internal': return stream.close(c.NGHTTP2_INTERNAL_ERROR)
		case '/cancel': return stream.close(c.NGHTTP2_CANCEL)
		case '/refused': return stream.close(c.NGHTTP2_REFUSED_STREAM)
		case '/goaway': return stream.session.goaway(c.NGHTTP2_INTERNAL_ERROR, stream.id) || stream.session.destroy()
		case '/destroy': return stream.session.destroy()
		case '/body': stream.respond({ ':status': 200 }); stream.write('half'); return setTimeout(() => stream.destroy(new Error('oops')), 20)
		default: stream.respond({ ':status': 200 }); stream.end('thank you')
		}
	})
})
server.on('sessionError', () => {})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
	key, chain := certificatePEM(t, certificate)
	port := webhooktest.NodeServer(t, script, key, chain)
	for path, want := range map[string]delivery.Class{"/": delivery.ClassNone, "/internal": delivery.ClassBody,
		"/cancel": delivery.ClassBody, "/refused": delivery.ClassBody, "/goaway": delivery.ClassBody, "/destroy": delivery.ClassBody,
		"/body": delivery.ClassBody} {
		c := clientFor(t, "https://127.0.0.1:"+port+path)
		for range 2 {
			r := sendTo(t, c)
			if r.Class != want || (r.Status == 200) != (path == "/" || path == "/body") {
				t.Errorf("%s: %+v", path, r)
			}
		}
	}
}
