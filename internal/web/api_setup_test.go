package web

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postern/internal/hub"
	"postern/internal/posterntest"
	"postern/internal/store"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// apiPath is the path prefix of the JSON API.
const apiPath = request.APIPrefix

// service is a running Postern over a real store and a real socket.
type service struct {
	t      *testing.T
	base   string
	dir    string
	hub    *hub.Hub
	store  *store.Store
	server *Server
	stop   func() // ends it before the test does, and waits
}

// startService runs everything behind the API until the test ends.
func startService(t *testing.T) *service {
	t.Helper()
	return startServiceIn(t, t.TempDir(), store.Options{}, nil, func(*Server) {})
}

// startServiceWith is startService with options of the server.
func startServiceWith(t *testing.T, options func(*posterntest.Postern) Options) *service {
	t.Helper()
	return startServiceIn(t, t.TempDir(), store.Options{}, options, func(*Server) {})
}

// startServiceIn is startService with a data folder, a store, options and a
// server of the test's choice.
func startServiceIn(t *testing.T, dir string, opts store.Options, options func(*posterntest.Postern) Options,
	change func(*Server)) *service {
	t.Helper()
	p := posterntest.New(t, posterntest.Options{Dir: dir, Store: opts})
	var serverOptions Options
	if options != nil {
		serverOptions = options(p)
	}
	serverOptions.Version = "test"
	server := New(p.Hub, p.Webhooks, p.Store, p.Cameras, serverOptions)
	change(server)
	return &service{t: t, base: p.Run(server.Serve), dir: dir, hub: p.Hub, store: p.Store, server: server, stop: p.Stop}
}

// answer is a response, read whole.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request and checks that the exchange is as openapi.yaml has it.
func (s *service) do(method, path, body string, headers ...string) *answer {
	s.t.Helper()
	req := s.request(method, path, body, headers...)
	a := s.send(req)
	if err := conform(req, body, a); err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	return a
}

// send is do without the check.
func (s *service) send(req *http.Request) *answer {
	s.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &answer{t: s.t, status: res.StatusCode, header: res.Header, body: b}
}

// request makes a request as curl would: with the content type of a form.
func (s *service) request(method, path, body string, headers ...string) *http.Request {
	s.t.Helper()
	req, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	// The measured size is the sent size.
	req.Header.Set("Accept-Encoding", "identity")
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	return req
}

func (s *service) get(path string) *answer        { return s.do("GET", path, "") }
func (s *service) post(path, body string) *answer { return s.do("POST", path, body) }

// wantFor is want with the address in the message.
func (a *answer) wantFor(path string, status int) {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: status %d, want %d: %.300s", path, a.status, status, a.body)
	}
}

// want fails the test unless the status is as expected.
func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// into decodes the body.
func (a *answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// problem checks that the answer is a whole problem and returns it.
func (a *answer) problem(status int) respond.Problem {
	a.t.Helper()
	a.want(status)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("content type %q", got)
	}
	var p respond.Problem
	a.into(&p)
	if p.Status != status || p.Title == "" || p.Type == "" || len(p.Detail) < 10 || !strings.HasSuffix(p.Detail, ".") {
		a.t.Errorf("problem isn't whole: %s", a.body)
	}
	return p
}

// events returns the elements of a bare array of events.
func (a *answer) events() []map[string]any {
	a.t.Helper()
	a.want(200)
	if !bytes.HasPrefix(a.body, []byte("[")) {
		a.t.Fatalf("not a bare array: %s", a.body)
	}
	var out []map[string]any
	a.into(&out)
	return out
}

// throwawayCertificate makes a certificate that nobody trusts.
func throwawayCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	return server.TLS.Certificates[0]
}
