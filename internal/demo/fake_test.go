package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// pipeListener is a network of one address in memory. Unlike a socket it lets time pass under
// testing/synctest.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9900} }

// client returns a client whose every address is this listener.
func (l *pipeListener) client(t *testing.T) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case l.conns <- theirs:
			return ours, nil
		case <-l.closed:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: requestTimeout}
}

// request is what a fakePostern got.
type request struct {
	at          time.Time
	contentType string
	body        []byte
}

// fakePostern speaks as much of the public API as the demo uses.
type fakePostern struct {
	// intercept, if set, may answer a request for events itself and return true. n counts them from 1.
	intercept func(n int, w http.ResponseWriter) bool

	mu       sync.Mutex
	requests []request
	events   []Event // accepted ones, duplicates left out
	known    map[string]bool
	webhooks []map[string]any
	made     int
	arrived  chan struct{} // gets one value, if there is room, per accepted request for events
}

func newFakePostern() *fakePostern {
	return &fakePostern{known: map[string]bool{}, arrived: make(chan struct{}, 1)}
}

// serve runs the fake on an in-memory network and returns a client for it.
func (f *fakePostern) serve(t *testing.T) *http.Client {
	ln := newPipeListener()
	srv := &http.Server{Handler: f, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	return ln.client(t)
}

func (f *fakePostern) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/events", f.postEvents)
	mux.HandleFunc("GET /api/v1/events/recent", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") })
	mux.HandleFunc("GET /api/v1/events/webhooks", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		json.NewEncoder(w).Encode(f.webhooks)
	})
	mux.HandleFunc("POST /api/v1/events/webhooks", f.postWebhook)
	mux.HandleFunc("DELETE /api/v1/events/webhooks/{id}", f.deleteWebhook)
	mux.ServeHTTP(w, r)
}

func (f *fakePostern) postEvents(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, request{time.Now(), r.Header.Get("Content-Type"), body})
	batch, err := decodeEvents(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if f.intercept != nil && f.intercept(len(f.requests), w) {
		return
	}
	f.accept(batch)
	w.WriteHeader(http.StatusAccepted)
	select {
	case f.arrived <- struct{}{}:
	default:
	}
}

// accept keeps what isn't known. f.mu is held.
func (f *fakePostern) accept(batch []Event) {
	for _, ev := range batch {
		if !f.known[ev.ID] {
			f.known[ev.ID] = true
			f.events = append(f.events, ev)
		}
	}
}

func (f *fakePostern) postWebhook(w http.ResponseWriter, r *http.Request) {
	var hook map[string]any
	if err := json.NewDecoder(r.Body).Decode(&hook); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	hook["id"] = fmt.Sprintf("wh_%d", f.made)
	f.webhooks = append(f.webhooks, hook)
	json.NewEncoder(w).Encode(hook)
}

func (f *fakePostern) deleteWebhook(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.webhooks)
	f.webhooks = slices.DeleteFunc(f.webhooks, func(hook map[string]any) bool { return hook["id"] == r.PathValue("id") })
	if len(f.webhooks) == before {
		refuse(w, http.StatusNotFound, "No webhook has this id.")
	}
}

func (f *fakePostern) accepted() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

func (f *fakePostern) received() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"status": status, "detail": detail})
}

// decodeEvents reads an array or NDJSON, as the API does: by the body.
func decodeEvents(body []byte) ([]Event, error) {
	var batch []Event
	if bytes.HasPrefix(body, []byte("[")) {
		err := json.Unmarshal(body, &batch)
		return batch, err
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		var ev Event
		if err := json.Unmarshal(lines.Bytes(), &ev); err != nil {
			return nil, err
		}
		batch = append(batch, ev)
	}
	return batch, lines.Err()
}

// newServer serves the fake on a real socket.
func (f *fakePostern) newServer(t *testing.T) *httptest.Server {
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv
}
