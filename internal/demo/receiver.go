package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	maxPaths         = 16
	maxDeliveryBytes = 1 << 20 // an event has 256 KiB at most
	maxIDBytes       = 64
	rememberedIDs    = 10_000 // per path
	maxInFlight      = 256    // deliveries, slow and hanging ones included
	headerTimeout    = 5 * time.Second
	readTimeout      = 10 * time.Second // headers and body
	shutdownTimeout  = 2 * time.Second
)

// Receiver simulates the systems behind webhooks, one for each path. It is an http.Handler:
//
//	POST /{path}   a delivery: 200, or 401 if a signature is wrong, 404 for an unknown path
//	POST /behave   ?path=/door&mode=ok|slow|fail|hang, with &delay=3s for slow (2 s, 1 min at most) and
//	               &for=30s after which it is ok again (24 h at most)
//	GET /          the counts and the behaviour of each path, as JSON
//
// A failing path answers 500 and forgets the event. A hanging path doesn't answer until the sender or the
// server ends the request. A slow path accepts the event and answers late. It is safe for concurrent use.
type Receiver struct {
	handler  http.Handler
	inFlight chan struct{}

	mu    sync.Mutex
	paths map[string]*inbox
	order []string // paths, in the order in which they were added
}

// inbox is the state of a path.
type inbox struct {
	secret    string
	behaviour behaviour
	seen      *seen
	status    PathStatus // without the fields that follow from behaviour
}

// NewReceiver returns a Receiver without paths.
func NewReceiver() *Receiver {
	r := &Receiver{inFlight: make(chan struct{}, maxInFlight), paths: make(map[string]*inbox)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", r.showStatus)
	mux.HandleFunc("POST /behave", r.behave)
	mux.HandleFunc("POST /", r.deliver)
	// A page of another site in a person's browser must not make a receiver fail.
	r.handler = http.NewCrossOriginProtection().Handler(mux)
	return r
}

// Expect adds a path whose deliveries are signed with secret, or changes the secret of a path. It fails for
// a path that isn't absolute or that is one of the receiver's own, for an empty secret, and for more than 16
// paths.
func (r *Receiver) Expect(path, secret string) error {
	if !strings.HasPrefix(path, "/") || path == "/" || path == "/behave" {
		return fmt.Errorf("expect deliveries at %q: want a path such as /access-control", path)
	}
	if secret == "" {
		return fmt.Errorf("expect deliveries at %q: a secret is needed to verify them", path)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.paths[path]; known != nil {
		known.secret = secret
		return nil
	}
	if len(r.paths) == maxPaths {
		return fmt.Errorf("expect deliveries at %q: %d paths are the most", path, maxPaths)
	}
	r.paths[path] = &inbox{secret: secret, seen: newSeen(rememberedIDs), status: PathStatus{Path: path}}
	r.order = append(r.order, path)
	return nil
}

// Run serves on ln until ctx ends, then ends the slow and hanging requests and returns nil. It closes ln. It
// fails if ln isn't on loopback or breaks.
func (r *Receiver) Run(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	if err := requireLoopback(ln.Addr()); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	srv := &http.Server{
		Handler:           r,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout, // ends when the body is read: slow and hanging answers outlive it
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	g.Go(func() error {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve receiver: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if srv.Shutdown(stopping) != nil {
			return srv.Close()
		}
		return nil
	})
	return g.Wait()
}

func requireLoopback(addr net.Addr) error {
	if tcp, ok := addr.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return fmt.Errorf("serve receiver on %v: want a loopback address", addr)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.handler.ServeHTTP(w, req) }

func (r *Receiver) deliver(w http.ResponseWriter, req *http.Request) {
	select {
	case r.inFlight <- struct{}{}:
		defer func() { <-r.inFlight }()
	default:
		http.Error(w, "too many deliveries at once", http.StatusServiceUnavailable)
		return
	}
	if !r.expects(req.URL.Path) {
		http.Error(w, "no webhook has this path", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxDeliveryBytes))
	if err != nil {
		r.refuse(req.URL.Path)
		code := http.StatusBadRequest
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			code = http.StatusRequestEntityTooLarge
		}
		http.Error(w, fmt.Sprintf("read delivery: %v", err), code)
		return
	}
	b, code, err := r.take(req.URL.Path, req.Header, body, time.Now())
	if err != nil {
		http.Error(w, err.Error(), code)
		return
	}
	if b.mode == modeHang {
		<-req.Context().Done()
	}
	// A return without a status would be a 200, so an interrupted answer has one.
	if !sleep(req.Context(), b.delay) {
		http.Error(w, "interrupted", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// take verifies and counts a delivery. It returns how to answer it, or a status and the reason for a
// refusal.
func (r *Receiver) take(path string, header http.Header, body []byte, now time.Time) (behaviour, int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.paths[path]
	in.status.Received++
	if err := verify(in.secret, header, body, now); err != nil {
		in.status.Refused++
		return behaviour{}, http.StatusUnauthorized, err
	}
	// The id is that of the signed body. A header with another id must not change which event is remembered.
	var ev struct{ ID, Type string }
	err := json.Unmarshal(body, &ev)
	if id := header.Get("X-Event-ID"); err != nil || id == "" || id != ev.ID || len(id) > maxIDBytes {
		in.status.Refused++
		return behaviour{}, http.StatusBadRequest, errors.New("X-Event-ID is not the id of the event in the body")
	}
	in.status.Verified++
	in.status.LastEvent = &LastEvent{ID: ev.ID, Type: ev.Type, ReceivedAt: now.UTC()}
	b := in.behaviour.at(now)
	switch {
	case b.mode == modeFail:
		return b, http.StatusInternalServerError, errors.New("told to fail")
	case b.mode == modeHang:
	case in.seen.add(ev.ID):
		in.status.Accepted++
	default:
		in.status.Duplicates++
	}
	return b, http.StatusOK, nil
}

func (r *Receiver) expects(path string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paths[path] != nil
}

// refuse counts a delivery whose body can't be read.
func (r *Receiver) refuse(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths[path].status.Received++
	r.paths[path].status.Refused++
}
