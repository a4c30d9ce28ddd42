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
	maxInFlight      = 256    // deliveries that are being answered, slow and hanging ones included
	headerTimeout    = 5 * time.Second
	readTimeout      = 10 * time.Second // headers and body
	shutdownTimeout  = 2 * time.Second
)

// Receiver stands for the systems behind webhooks, one for each path. It is an http.Handler:
//
//	POST /{path}   a delivery: 200, or 401 if a signature is wrong, 404 if nobody expects that path
//	POST /behave   ?path=/door&mode=ok|slow|fail|hang, with &delay=3s for slow (2 s, 1 min at most) and
//	               &for=30s after which it is ok again (24 h at most)
//	GET /          what each path got and does, as JSON
//
// A path that is told to fail answers 500 and forgets the event; one that hangs never answers, until
// the sender or the server gives up; a slow one takes the event and answers late. Safe for concurrent
// use.
type Receiver struct {
	handler  http.Handler
	inFlight chan struct{}

	mu    sync.Mutex
	paths map[string]*inbox
	order []string // as they were added
}

// inbox is one path's state.
type inbox struct {
	secret    string
	behaviour behaviour
	seen      *seen
	status    PathStatus // without what derives from behaviour
}

// NewReceiver returns a Receiver that expects nothing yet.
func NewReceiver() *Receiver {
	r := &Receiver{inFlight: make(chan struct{}, maxInFlight), paths: make(map[string]*inbox)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", r.showStatus)
	mux.HandleFunc("POST /behave", r.behave)
	mux.HandleFunc("POST /", r.deliver)
	// No page that is open in somebody's browser may make a receiver fail.
	r.handler = http.NewCrossOriginProtection().Handler(mux)
	return r
}

// Expect makes the receiver take deliveries at path that are signed with secret, or changes the secret of
// one that it takes already. It fails for a path that isn't absolute or is taken by the receiver itself,
// for an empty secret, and for more than 16 paths.
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

// Run serves on ln until ctx ends, ends what is slow or hanging, and returns nil. It closes ln, and fails
// if ln isn't on loopback or breaks.
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
	// Coming back without a word would be a 200, so whoever is interrupted says that it was.
	if !sleep(req.Context(), b.delay) {
		http.Error(w, "interrupted", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// take verifies a delivery, counts it, and returns how to answer it; or a status code and why it is
// refused.
func (r *Receiver) take(path string, header http.Header, body []byte, now time.Time) (behaviour, int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.paths[path]
	in.status.Received++
	if err := verify(in.secret, header, body, now); err != nil {
		in.status.Refused++
		return behaviour{}, http.StatusUnauthorized, err
	}
	// The signature covers the body: a header that says otherwise would make us forget the wrong event.
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

// refuse counts a delivery that could not even be read.
func (r *Receiver) refuse(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths[path].status.Received++
	r.paths[path].status.Refused++
}
