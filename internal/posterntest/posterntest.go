// Package posterntest wires one Postern in a test's process, as the command serve
// does: store, hub, webhooks, cameras, accounts, and a server on a port of its own.
// It doesn't import the web, so that the tests inside of package web can use it.
package posterntest

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"postern/internal/access"
	"postern/internal/cameras"
	"postern/internal/hub"
	"postern/internal/hubtest"
	"postern/internal/store"
	"postern/internal/webhook"
	"postern/internal/webhook/egress"
)

// Options are the settings of a Postern; the zero value works.
type Options struct {
	// Dir is the data folder; empty means a new one.
	Dir   string
	Store store.Options
	// History is how many events the ring holds; zero means 100, so that tests
	// also read the store.
	History int
}

// Postern is what stands behind the web. Its webhooks may call this machine over
// plain HTTP. Its cameras are not announced, since tests count events.
type Postern struct {
	Dir      string
	Store    *store.Store
	Hub      *hub.Hub
	Webhooks *webhook.Service
	Cameras  *cameras.Service
	// Stop stops everything, from the outside in, before the test's end does.
	Stop func()

	t      testing.TB
	access *access.Service
	ctx    context.Context //nolint:containedctx // of Run, which Stop ends
	ended  []<-chan error
}

// New wires a Postern and starts nothing; what Run starts is stopped with the test.
func New(t testing.TB, opts Options) *Postern {
	t.Helper()
	if opts.History == 0 {
		opts.History = 100
	}
	log := hubtest.Open(t, hubtest.Options{Dir: opts.Dir, Store: opts.Store, Hub: hub.Options{History: opts.History}})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &Postern{Dir: log.Dir, Store: log.Store, Hub: log.Hub, t: t, ctx: ctx}
	var err error
	if p.Webhooks, err = webhook.New(ctx, p.Store, p.Hub, webhook.Options{
		Egress: egress.Policy{AllowHTTP: true, AllowTargets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}); err != nil {
		t.Fatal(err)
	}
	if p.Cameras, err = cameras.New(ctx, p.Store, p.Hub, cameras.Options{}); err != nil {
		t.Fatal(err)
	}
	p.Stop = sync.OnceFunc(func() {
		cancel()
		for _, ended := range p.ended {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		log.Close()
	})
	t.Cleanup(p.Stop)
	return p
}

// Access is the service of accounts and keys, made on the first call, which comes
// before Run. Its passwords take little time to check.
func (p *Postern) Access() *access.Service {
	p.t.Helper()
	if p.access == nil {
		var err error
		if p.access, err = access.New(p.ctx, p.Store, access.Options{}.WithCheapPasswords()); err != nil {
			p.t.Fatal(err)
		}
	}
	return p.access
}

// Run starts everything, and serve on a free port of this machine. It returns the
// server's address.
func (p *Postern) Run(serve func(context.Context, ...net.Listener) error) (base string) {
	p.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.start(func(ctx context.Context) error { return serve(ctx, listener) })
	p.start(p.Webhooks.Run)
	p.start(p.Store.Erasure.Run)
	if p.access != nil {
		p.start(p.access.Run)
	}
	return "http://" + listener.Addr().String()
}

func (p *Postern) start(run func(context.Context) error) {
	ended := make(chan error, 1)
	go func() { ended <- run(p.ctx) }()
	p.ended = append(p.ended, ended)
}
