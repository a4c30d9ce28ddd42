package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"golang.org/x/sync/errgroup"

	"postern/internal/access"
	"postern/internal/cameras"
	"postern/internal/connection"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/memory"
	"postern/internal/shift"
	"postern/internal/store"
	"postern/internal/trace"
	"postern/internal/web/api"
	"postern/internal/web/audit"
	"postern/internal/web/bulkread"
	"postern/internal/web/live"
	"postern/internal/web/page"
	"postern/internal/web/pages"
	"postern/internal/web/pages/accounts"
	alertpages "postern/internal/web/pages/alerts"
	camerapages "postern/internal/web/pages/cameras"
	"postern/internal/web/pages/catalogue"
	"postern/internal/web/pages/palette"
	"postern/internal/web/pages/report"
	"postern/internal/web/pages/webhooks"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
	"postern/internal/web/stream"
	"postern/internal/webhook"
	"postern/static"
	"postern/views/camera"
)

// Bounds of the HTTP server.
const (
	headTimeout     = 10 * time.Second // a request's head; of the first, from accept
	bodyTimeout     = time.Minute
	writeTimeout    = time.Minute
	idleTimeout     = 2 * time.Minute
	headerBytes     = 16 << 10
	shutdownTimeout = 10 * time.Second

	defaultFiles = 65_536 // file descriptors where Options don't limit the connections
)

// Options are the server's settings; the zero value works.
type Options struct {
	// Version is shown on pages.
	Version string
	// Now is the clock of pages; nil means time.Now.
	Now func() time.Time
	// Access authenticates and authorizes requests; nil allows all of them.
	Access *access.Service
	// Open allows all requests without a key or an account: the server listens
	// on this machine only.
	Open bool
	// Proxies are the addresses of the proxies whose headers are trusted.
	Proxies []netip.Prefix
	// Connections bounds the connections; zero means as many as a process with
	// 65,536 file descriptors has.
	Connections connection.Limits
	// Shifts are the shifts of the site; nil means shift.Default.
	Shifts shift.Plan
	// Logger logs errors; nil means none.
	Logger *slog.Logger
	// Tracer makes the spans of ingest requests; nil means none.
	Tracer *trace.Tracer
	// Bodies and Answers bound the memory of large requests and of large
	// responses that clients haven't read yet; nil means no bound.
	Bodies, Answers *memory.Budget
}

// Server serves Postern over HTTP.
type Server struct {
	hub            *hub.Hub
	webhooks       *webhook.Service
	store          *store.Store
	cameras        *cameras.Service
	access         *access.Service
	audit          *audit.Recorder
	scoped         *scoped.Service
	api            *api.Handlers
	pages          *pages.Handlers
	accountPages   *accounts.Handlers
	cataloguePages *catalogue.Handlers
	reportPages    *report.Handlers
	palettePages   *palette.Handlers
	webhookPages   *webhooks.Handlers
	alertPages     *alertpages.Handlers
	cameraPages    *camerapages.Handlers
	live           *live.Feeds
	streams        *stream.Streams
	counters       serverCounters
	ready          readiness
	bulk           *bulkread.Limiter
	bodies         *memory.Budget
	answers        *memory.Budget

	connections *connection.Limiter
	bodyTimeout time.Duration // the constant, but for tests

	open    bool
	proxies request.Proxies
	table   []route
	version string
	now     func() time.Time
	log     *slog.Logger
	tracer  *trace.Tracer
	app     *fiber.App
}

// New returns a server; Serve starts it.
func New(h *hub.Hub, hooks *webhook.Service, st *store.Store, known *cameras.Service, opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Shifts == nil {
		opts.Shifts = shift.Default
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		hub: h, webhooks: hooks, store: st, cameras: known, bodyTimeout: bodyTimeout,
		bodies: opts.Bodies, answers: opts.Answers,
		access: opts.Access, open: opts.Open || opts.Access == nil, proxies: opts.Proxies,
		version: opts.Version, now: opts.Now, log: opts.Logger, tracer: opts.Tracer,
	}
	if opts.Connections == (connection.Limits{}) {
		opts.Connections = connection.Plan(defaultFiles, math.MaxInt, 0, 0)
	}
	s.connections = connection.New(connection.Options{
		Limits: opts.Connections, Trusted: s.proxies.IsProxy, Bodies: opts.Bodies, Refuse: s.refuseConnection, Logger: opts.Logger,
	})
	s.live = live.New(h, st, opts.Now, opts.Logger)
	s.audit = audit.New(s.access, st.Secrets.Digest, s.proxies, s.log)
	s.scoped = scoped.New(scoped.Services{
		Hub: h, Store: st, Webhooks: hooks, Cameras: known, Live: s.live, Audit: s.audit, Access: s.access,
	})
	shell := page.New(st, s.proxies, opts.Shifts, s.now)
	s.pages = pages.New(shell, pages.Services{
		Hub: h, Store: st, Webhooks: hooks, Live: s.live, Scoped: s.scoped, Audit: s.audit,
		Version: s.version, Open: s.open,
	})
	s.accountPages = accounts.New(shell, s.access, s.audit)
	s.cataloguePages = catalogue.New(shell, h)
	s.reportPages = report.New(shell, st)
	s.palettePages = palette.New(shell, hooks, s.scoped)
	s.webhookPages = webhooks.New(shell, hooks, s.scoped)
	s.alertPages = alertpages.New(shell, st, s.scoped)
	s.cameraPages = camerapages.New(shell, st, s.scoped)
	s.live.CameraName = known.Name
	s.live.Monitors = &live.MonitorSource{
		Store: st, Cameras: func() []camera.Camera { return page.ViewsOfCameras(known.List()) }, CountWebhooks: s.pages.CountWebhooks,
		Build: opts.Version + " " + static.Path("app.css") + " " + static.Path("app.js"),
	}
	s.bulk = bulkread.New(h.Head)
	s.streams = stream.New(h, s.bulk, opts.Logger)
	s.api = api.New(api.Services{
		Hub: h, Store: st, Webhooks: hooks, Cameras: known, Scoped: s.scoped, Audit: s.audit, Streams: s.streams, Bulk: s.bulk,
		Bodies: s.bodies, Answers: s.answers, Stopping: s.ready.isStopping, Now: s.now, Log: s.log,
	})
	s.app = fiber.New(fiber.Config{
		AppName:               "Postern",
		DisableStartupMessage: true,
		ErrorHandler:          s.handleError,
		// Strings from a request stay valid after its handler.
		Immutable:     true,
		CaseSensitive: true,
		StrictRouting: true,
		// Fiber itself trusts no X-Forwarded-*: request.Proxies reads them.
		EnableTrustedProxyCheck: true,
		BodyLimit:               event.MaxRequestBytes,
		// Fiber would parse a multipart form before a handler checks it.
		DisablePreParseMultipartForm: true,
		Concurrency:                  2*opts.Connections.Total + 1024, // the bound is the limiter's; displaced ones take a moment to end
		ReadBufferSize:               headerBytes,
		ReadTimeout:                  headTimeout, // limitBody sets that of the body
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
	})
	s.app.Server().HeaderReceived = s.limitBody
	s.refusals()
	s.app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: s.logPanic}))
	s.app.Use(s.countResponses, s.securityHeaders, respond.Bound(s.answers), s.ownSiteOnly, s.identify)
	s.routes()
	return s
}

// Serve serves the listeners until ctx ends. Then it accepts no more requests,
// ends the live sockets and the streams, and lets requests in flight finish within
// bounds.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	s.app.Handler() // completes the table of routes
	failed := make(chan error, len(listeners))
	for _, ln := range listeners {
		go func() { failed <- s.app.Server().Serve(s.connections.Listener(ln)) }()
	}
	feeding, stopFeeds := context.WithCancel(ctx)
	var feeds errgroup.Group
	feeds.Go(func() error { return s.live.Run(feeding) })
	feeds.Go(func() error { return s.streams.Run(feeding) })
	defer stopFeeds()
	select {
	case err := <-failed:
		stopFeeds()
		return errors.Join(fmt.Errorf("serve http: %w", err), feeds.Wait())
	case <-ctx.Done():
	}
	s.ready.stop()
	defer s.audit.Close()
	// Sockets and streams outlive fasthttp's shutdown, so they end first.
	err := feeds.Wait()
	// fasthttp waits for websockets too. Connections that are still open after the
	// bound are cut.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if down := s.app.ShutdownWithContext(bounded); down != nil && !errors.Is(down, context.DeadlineExceeded) {
		err = errors.Join(err, fmt.Errorf("stop http: %w", down))
	}
	return err
}

func (s *Server) logPanic(c *fiber.Ctx, cause any) {
	s.log.Error("handler panicked", slog.String("route", c.Route().Path), slog.Any("cause", cause))
}
