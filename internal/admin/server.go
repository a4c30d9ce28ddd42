package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"postern/internal/access"
	"postern/internal/store"
	"postern/internal/store/secretbox"
)

// Services are what calls work with.
type Services struct {
	Store  *store.Store
	Access *access.Service
}

// Bounds of the server.
const (
	maxConnections  = 16
	maxHeaderBytes  = 8 << 10
	maxRequestBytes = 1 << 20
	requestTimeout  = 10 * time.Second // to send a request, to take its answer, and between two requests
	shutdownTimeout = 5 * time.Second
)

// Headers of a request.
const (
	versionHeader = "Postern-Version"
	keyHeader     = "Postern-Key" // the fingerprint of the command's key, where it was given one
)

// failure is the answer to a call that failed.
type failure struct {
	Detail string `json:"detail"`
}

// Server answers the commands of one data folder.
type Server struct {
	services Services
	version  string
	log      *slog.Logger
	socket   *socket
}

// Listen makes the socket in the data folder of s.Store. The caller has the
// folder to itself, so a socket that is there already was left by a process
// that was killed; it is replaced. Run answers.
func Listen(s Services, version string, log *slog.Logger) (*Server, error) {
	socket, err := listen(s.Store.DB.Dir())
	if err != nil {
		return nil, fmt.Errorf("make the socket for commands: %w", err)
	}
	return &Server{services: s, version: version, log: log, socket: socket}, nil
}

// Run answers commands until ctx ends. Then it removes the socket, ends long
// calls, and gives changes that are under way shutdownTimeout to finish. Where
// the socket fails, Run removes and logs it, and waits for ctx: events are taken
// without commands, too.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler: s, ReadTimeout: requestTimeout, IdleTimeout: requestTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(netutil.LimitListener(s.socket, maxConnections)) }()
	var failed bool
	select {
	case err := <-served:
		failed = true
		s.log.Error("commands such as postern user don't work until Postern is restarted",
			slog.Any("error", errors.Join(fmt.Errorf("serve commands: %w", err), s.socket.remove())))
		<-ctx.Done()
	case <-ctx.Done():
	}
	removed := s.socket.remove()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if server.Shutdown(bounded) != nil {
		_ = server.Close()
	}
	if failed {
		return nil
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(fmt.Errorf("serve commands: %w", err), removed)
	}
	return removed
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arguments, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err == nil {
		err = s.check(r.Header)
	}
	deadlines := http.NewResponseController(w)
	_ = deadlines.SetReadDeadline(time.Time{}) // it would end a long call
	var answer []byte
	if err == nil {
		answer, err = s.services.run(r.Context(), strings.TrimPrefix(r.URL.Path, "/"), arguments)
	}
	status := http.StatusOK
	if err != nil {
		status = http.StatusUnprocessableEntity
		answer, _ = encode(failure{err.Error()}) // has nothing that could fail
	}
	_ = deadlines.SetWriteDeadline(time.Now().Add(requestTimeout))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// check refuses the command of another version, or with the key of another
// store.
func (s *Server) check(h http.Header) error {
	if v := h.Get(versionHeader); v != s.version {
		return fmt.Errorf("the Postern that serves the data folder is version %s, and this command is version %.40q; "+
			"use the program of that version", s.version, v)
	}
	if fingerprint := h.Get(keyHeader); fingerprint != "" && fingerprint != s.services.Store.Secrets.Fingerprint() {
		return fmt.Errorf("%w: the Postern that serves the data folder has another key than POSTERN_KEY", secretbox.ErrKey)
	}
	return nil
}
