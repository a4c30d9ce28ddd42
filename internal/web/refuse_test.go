package web

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/connection"
	"postern/internal/posterntest"
	"postern/internal/store"
	"postern/internal/web/respond"
)

// Request content that must appear neither in the answer nor in the log.
const (
	sentKey     = "pst_hunter2hunter2hunter2"
	sentSession = "session-hunter3"
	sentHeaders = "Authorization: Bearer " + sentKey + "\r\nCookie: __Host-postern=" + sentSession + "; postern=" + sentSession + "\r\n"
)

// logBuffer is a log that is read while it is written.
type logBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *logBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

// startLogging runs a service that asks for keys and logs all that it does.
func startLogging(t *testing.T, change func(*Server)) (*service, *logBuffer) {
	t.Helper()
	log := new(logBuffer)
	s := startServiceIn(t, t.TempDir(), store.Options{}, func(p *posterntest.Postern) Options {
		return Options{Access: p.Access(), Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	}, change)
	return s, log
}

// exchange writes bytes on a connection and returns the whole answer.
func exchange(t *testing.T, conn net.Conn, request string) []byte {
	t.Helper()
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil && len(answer) == 0 {
		t.Fatal(err)
	}
	return answer
}

// wantRefusal checks an answer to a request that no handler saw.
func wantRefusal(t *testing.T, name string, answer []byte, status int) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil {
		t.Errorf("%s: %v in %.300q", name, err, answer)
		return
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var p respond.Problem
	if err := json.Unmarshal(body, &p); err != nil || p.Status != status || p.Title != http.StatusText(status) || p.Type != "about:blank" ||
		len(p.Detail) < 20 || !strings.HasSuffix(p.Detail, ".") {
		t.Errorf("%s: %v, the problem is %s", name, err, body)
	}
	h := res.Header
	if res.StatusCode != status || h.Get("Content-Type") != "application/problem+json" || !res.Close ||
		h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") == "" {
		t.Errorf("%s: status %s, want %d; closed: %t; headers %v", name, res.Status, status, res.Close, h)
	}
	for _, sent := range []string{"hunter", "Bearer", "postern=", "Cookie", "evil"} {
		if bytes.Contains(bytes.ToLower(answer), []byte(strings.ToLower(sent))) {
			t.Errorf("%s: the answer repeats %q: %q", name, sent, answer)
		}
	}
}

func TestRequestsThatCannotBeReadAreRefusedInPosternsOwnWords(t *testing.T) {
	t.Parallel()
	s, log := startLogging(t, func(*Server) {})
	// Requests that break off take a server that soon waits no more. On a slow
	// machine it would refuse others too.
	hurried, hurriedLog := startLogging(t, func(s *Server) {
		s.app.Server().ReadTimeout, s.bodyTimeout = 2*time.Second, 2*time.Second
	})
	const host = "Host: 127.0.0.1\r\n"
	post := func(rest string) string { return "POST /api/v1/events HTTP/1.1\r\n" + host + sentHeaders + rest }
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"a header without a colon":       {"GET / HTTP/1.1\r\n" + host + sentHeaders + "evil\r\n\r\n", 400},
		"a blank before the colon":       {"GET / HTTP/1.1\r\n" + host + sentHeaders + "evil : x\r\n\r\n", 400},
		"a NUL in a value":               {"GET / HTTP/1.1\r\n" + host + sentHeaders + "X: evil\x00\r\n\r\n", 400},
		"a line that only ends in CR":    {"GET / HTTP/1.1\r\n" + host + sentHeaders + "X: evil\rY: z\r\n\r\n", 400},
		"no first line":                  {sentHeaders + host + "\r\n", 400},
		"a first line of one word":       {"evil\r\n" + host + sentHeaders + "\r\n", 400},
		"a first line without a version": {"GET /evil\r\n" + host + sentHeaders + "\r\n", 400},
		"a version that isn't one":       {"GET /evil HTPP/1.1\r\n" + host + sentHeaders + "\r\n", 400},
		"a blank in the address":         {"GET /evil evil HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 400},
		"a control byte in the address":  {"GET /evil\x01 HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 400},
		"no Host":                        {"GET / HTTP/1.1\r\n" + sentHeaders + "\r\n", 400},
		"two Hosts":                      {"GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n" + sentHeaders + "\r\n", 400},
		"a Host with a blank":            {"GET / HTTP/1.1\r\nHost: evil example\r\n" + sentHeaders + "\r\n", 400},
		"a Host with a broken address":   {"GET / HTTP/1.1\r\nHost: [::1evil\r\n" + sentHeaders + "\r\n", 400},
		"a broken absolute address":      {"GET http://[evil HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 400},
		"binary noise":                   {"\x00\xff\xfe\x80" + sentHeaders + "\r\n\r\n", 400},
		"a head that breaks off":         {"GET / HTTP/1.1\r\n" + host + sentHeaders + "X: evil", 408},
		"a first line that breaks off":   {"GET /evil", 408},
		"a TLS handshake":                {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03evil\r\n\r\n", 400},
		"the preface of HTTP/2":          {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
		"a request of HTTP/2":            {"GET / HTTP/2.0\r\n" + host + sentHeaders + "\r\n", 505},
		"a request of HTTP/1.2":          {"GET / HTTP/1.2\r\n" + host + sentHeaders + "\r\n", 505},
		"a method that there isn't":      {"EVIL / HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 501},
		"a method in small letters":      {"get / HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 501},
		"a method that isn't a word":     {"EV(IL / HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 400},
		"a head that is too large": {"GET / HTTP/1.1\r\n" + host + sentHeaders + "X: " +
			strings.Repeat("evil", headerBytes/4) + "\r\n\r\n", 431},
		"an address that is too large": {"GET /" + strings.Repeat("evil", headerBytes/4) + " HTTP/1.1\r\n" + host + sentHeaders + "\r\n", 431},
		"many headers": {"GET / HTTP/1.1\r\n" + host + sentHeaders +
			strings.Repeat("Evil: x\r\n", headerBytes/8) + "\r\n", 431},
		"a length that isn't a number":  {post("Content-Length: evil\r\n\r\nx"), 400},
		"a negative length":             {post("Content-Length: -5\r\n\r\nhunter"), 400},
		"a length with a sign":          {post("Content-Length: +5\r\n\r\nhunter"), 400},
		"two lengths":                   {post("Content-Length: 3\r\nContent-Length: 5\r\n\r\nhunter"), 400},
		"a list of lengths":             {post("Content-Length: 3, 5\r\n\r\nhunter"), 400},
		"a length beyond all numbers":   {post("Content-Length: 99999999999999999999\r\n\r\nhunter"), 400},
		"a body beyond the bound":       {post("Content-Length: 99999999\r\n\r\nhunter"), 413},
		"a coding that there isn't":     {post("Transfer-Encoding: evil\r\n\r\nhunter"), 400},
		"chunked in two headers":        {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: evil\r\n\r\n0\r\n\r\n"), 400},
		"chunked and HTTP/1.0":          {"POST / HTTP/1.0\r\n" + host + sentHeaders + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"a chunk without a length":      {post("Transfer-Encoding: chunked\r\n\r\nevil\r\nhunter\r\n0\r\n\r\n"), 400},
		"a chunk that is too long":      {post("Transfer-Encoding: chunked\r\n\r\n2\r\nhunter2\r\n0\r\n\r\n"), 400},
		"a chunk beyond all numbers":    {post("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhunter\r\n"), 400},
		"a trailer that is forbidden":   {post("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nContent-Length: 3\r\n\r\n"), 400},
		"a trailer that isn't a header": {post("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nevil hunter\r\n\r\n"), 400},
		"chunks beyond the bound": {post("Transfer-Encoding: chunked\r\n\r\n20000\r\n" + strings.Repeat("hunter2.", 0x20000/8) +
			"\r\n0\r\n\r\n"), 413},
		"a body that breaks off":  {post("Content-Length: 50\r\n\r\nhunter"), 408},
		"a chunk that breaks off": {post("Transfer-Encoding: chunked\r\n\r\n50\r\nhunter"), 408},
		"nothing at all":          {"", 408},
		"after 100 Continue":      {post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\nevil\r\n"), 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, log := s, log
			if c.status == http.StatusRequestTimeout {
				s, log = hurried, hurriedLog
			}
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			answer := exchange(t, conn, c.request)
			answer = bytes.TrimPrefix(answer, []byte("HTTP/1.1 100 Continue\r\n\r\n"))
			wantRefusal(t, name, answer, c.status)
			if text := log.text(); strings.Contains(text, "hunter") || strings.Contains(text, "evil") {
				t.Errorf("%s: the log has %s", name, text)
			}
		})
	}
}

// The second of two requests on a connection is refused as the first is.
func TestRequestThatCannotBeReadIsRefusedAfterOneThatCan(t *testing.T) {
	t.Parallel()
	s, _ := startLogging(t, func(*Server) {})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	answers := exchange(t, conn, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"+
		sentHeaders+"evil\r\n\r\n")
	first, second, ok := bytes.Cut(answers, []byte("HTTP/1.1 400"))
	if !ok || !bytes.HasPrefix(first, []byte("HTTP/1.1 200")) {
		t.Fatalf("%q", answers)
	}
	wantRefusal(t, "the second", append([]byte("HTTP/1.1 400"), second...), 400)
	if n := s.server.counters.responses[400].Load(); n != 1 {
		t.Errorf("%d refusals are counted", n)
	}
}

// Handlers don't repeat the value of a key header either.
func TestCredentialsInAnotherFormAreNotRepeated(t *testing.T) {
	t.Parallel()
	s, log := startLogging(t, func(*Server) {})
	for _, header := range []string{sentKey, "Token " + sentKey, "Basic " + sentKey, "Bearer" + sentKey, "Bearer " + sentKey, sentKey + " x",
		`Digest username="` + sentKey + `"`} {
		for _, accept := range []string{"*/*", "text/html"} {
			a := s.send(s.request("POST", apiPath+"/events", oneEvent, "Authorization", header, "Cookie", "postern="+sentSession, "Accept", accept))
			if a.status != 401 || bytes.Contains(a.body, []byte("hunter")) || strings.Contains(fmt.Sprint(a.header), "hunter") {
				t.Errorf("%s: %d %v %s", header, a.status, a.header, a.body)
			}
		}
	}
	if text := log.text(); strings.Contains(text, "hunter") {
		t.Error(text)
	}
}

func TestConnectionsBeyondTheBoundAreToldSo(t *testing.T) {
	t.Parallel()
	log := new(logBuffer)
	s := startServiceIn(t, t.TempDir(), store.Options{}, func(*posterntest.Postern) Options {
		return Options{Connections: connection.Limits{Total: 3, PerClient: 3}, Logger: slog.New(slog.NewTextHandler(log, nil))}
	}, func(*Server) {})
	at := strings.TrimPrefix(s.base, "http://")
	var held []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		held = append(held, conn)
	}
	for range 5 {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		answer := exchange(t, conn, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"+sentHeaders+"\r\n")
		wantRefusal(t, "one too many", answer, 503)
		if !bytes.Contains(answer, []byte("Retry-After: 5\r\n")) {
			t.Errorf("%s", answer)
		}
	}
	if text := log.text(); strings.Contains(text, "hunter") || strings.Count(text, "connections are refused") != 1 ||
		!strings.Contains(text, "reason=client_full") {
		t.Error(text)
	}
	held[0].Close()
	for end := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(exchange(t, conn, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"), []byte("HTTP/1.1 200")) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("there is never room again")
		}
	}
}

func TestPlainRequestOnATLSPortIsToldSo(t *testing.T) {
	t.Parallel()
	s, log := startLogging(t, func(*Server) {})
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pair := throwawayCertificate(t)
	ln := tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{pair}})
	go func() { _ = s.server.app.Server().Serve(ln) }()
	for name, request := range map[string]string{
		"GET":     "GET /evil HTTP/1.1\r\nHost: evil.example\r\n" + sentHeaders + "\r\n",
		"POST":    "POST /api/v1/events HTTP/1.1\r\nHost: evil.example\r\n" + sentHeaders + "Content-Length: 6\r\n\r\nhunter",
		"DELETE":  "DELETE /evil HTTP/1.1\r\nHost: evil.example\r\n" + sentHeaders + "\r\n",
		"no HTTP": "EVIL!\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, name, exchange(t, conn, request), 400)
	}
	if strings.Contains(log.text(), "hunter") {
		t.Error(log.text())
	}
	// Over TLS, malformed requests are refused in the same way.
	conn, err := tls.Dial("tcp", plain.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	answer := exchange(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n"+sentHeaders+"evil\r\n\r\n")
	wantRefusal(t, "over TLS", answer, 400)
	if !bytes.Contains(answer, []byte("Strict-Transport-Security: max-age=31536000\r\n")) {
		t.Errorf("%s", answer)
	}
}
