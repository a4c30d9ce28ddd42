package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/store/deliveries"
	"postern/internal/trace"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/send"
	"postern/internal/webhook/stats"
	"postern/internal/webhook/worker"
)

// Options are the service's settings; the zero value works.
type Options struct {
	// Egress says which URLs may be registered and called.
	Egress egress.Policy
	// PublicURL is where receivers reach Postern, as ParsePublicURL makes it;
	// payloads that carry a link need it.
	PublicURL string
	// Version stands in the User-Agent of deliveries.
	Version string
	// Logger gets changes of state; nil means none. No payload and no
	// secret is logged.
	Logger *slog.Logger
	// Tracer makes the spans of attempts; nil means none.
	Tracer *trace.Tracer
}

// Service is the registry of webhooks and runs their workers. It is safe for
// concurrent use.
type Service struct {
	store *store.Store
	hub   *hub.Hub
	opts  Options
	rules rules
	// newSender makes a worker's sender; tests of the schedule replace it.
	newSender worker.NewSender

	mu        sync.Mutex
	endpoints []*registered // oldest first
	unstarted []*worker.Worker

	replaying sync.Mutex // held while replays are counted and one is kept

	// publish appends announcements to the log; tests put in theirs.
	publish    func(context.Context, []*event.Event) (duplicates int, err error)
	announcing chan struct{} // capacity 1: the outbox may have something
	shared     *worker.Shared

	started chan struct{} // capacity 1: unstarted has something
	running bool
}

// registered is an endpoint and its worker.
type registered struct {
	endpoint *deliveries.EndpointRecord // replaced as a whole, never changed
	worker   *worker.Worker
}

// New returns the service with the stored endpoints. Nothing is delivered
// before Run.
func New(ctx context.Context, j *store.Store, h *hub.Hub, opts Options) (*Service, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Version == "" {
		opts.Version = "dev"
	}
	s := &Service{
		store: j, hub: h, opts: opts,
		rules:   rules{guard: egress.NewGuard(opts.Egress), payloads: send.NewPayloads(j.Secrets.PseudonymKey(), opts.PublicURL)},
		started: make(chan struct{}, 1),

		publish: h.Publish, announcing: make(chan struct{}, 1),
	}
	s.newSender = s.newClient
	s.shared = &worker.Shared{
		Heartbeat: worker.NewHeartbeat(opts.Logger), Counters: worker.NewCounters(), Counting: new(worker.Budget),
		Tracer: opts.Tracer, StateSettled: s.announceSoon,
	}
	h.OnRedacted(s.redacted)
	kept, err := j.Deliveries.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range kept {
		s.add(e)
	}
	return s, nil
}

// Egress returns the guard that checks what may be called.
func (s *Service) Egress() *egress.Guard { return s.rules.guard }

// PublicURL returns the address at which receivers reach Postern; empty if it
// isn't set.
func (s *Service) PublicURL() string { return s.opts.PublicURL }

// add makes the endpoint's worker and hands it to Run. The caller holds mu, or
// is New.
func (s *Service) add(e *deliveries.EndpointRecord) {
	newSender := func(e *deliveries.EndpointRecord) (worker.Sender, error) { return s.newSender(e) }
	w := worker.NewWorker(e, s.hub, s.store, s.opts.Logger, newSender, s.shared)
	s.endpoints = append(s.endpoints, &registered{endpoint: e, worker: w})
	s.unstarted = append(s.unstarted, w)
	select {
	case s.started <- struct{}{}:
	default:
	}
}

func (s *Service) newClient(e *deliveries.EndpointRecord) (worker.Sender, error) {
	return send.NewClient(&e.Endpoint, e.Secrets, s.rules.guard, s.rules.payloads, s.agent())
}

// Run runs a worker for every endpoint until ctx ends, then waits until all of
// them have stored their results.
func (s *Service) Run(ctx context.Context) error {
	s.setRunning(true)
	defer s.setRunning(false)
	var workers sync.WaitGroup
	workers.Go(func() { s.announce(ctx) })
	workers.Go(func() { s.shared.Heartbeat.Run(ctx) })
	for {
		for _, w := range s.takeUnstarted() {
			workers.Go(func() { w.Run(ctx) })
		}
		select {
		case <-s.started:
		case <-ctx.Done():
			workers.Wait()
			return nil
		}
	}
}

func (s *Service) takeUnstarted() []*worker.Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	workers := s.unstarted
	s.unstarted = nil
	return workers
}

func (s *Service) setRunning(running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = running
}

// Running reports whether the workers run.
func (s *Service) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// Register stores a new webhook, which receives every matching event from now
// on. It returns the secret, too, if Postern generated it; it can't be read
// again. Invalid fields are a *problem.Error.
func (s *Service) Register(ctx context.Context, r Registration) (e *delivery.Endpoint, secret string, err error) {
	if r.GenerateSecret {
		if r.Secret != "" {
			return nil, "", &problem.Error{Code: problem.Invalid, Detail: "Either give a secret or ask for one, not both.",
				Fields: []problem.Field{{Field: "secret", Message: "The secret is given although one is to be made."}}}
		}
		secret = delivery.GenerateSecret()
		r.Secret = secret
	}
	types, conditions, err := s.rules.check(r.URL, r.EventTypes, r.Secret, &r.Settings)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.endpoints) >= MaxEndpoints {
		return nil, "", &problem.Error{Code: problem.Invalid,
			Detail: fmt.Sprintf("There are %d webhooks already, which is as many as Postern keeps. Remove one first.", MaxEndpoints)}
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	kept := &deliveries.EndpointRecord{
		Endpoint: delivery.Endpoint{
			ID: newEndpointID(), URL: r.URL, Types: types, Settings: r.Settings, Filter: r.Settings.Filter(types, conditions),
			CreatedAt: now, UpdatedAt: now,
		},
		Cursor: s.hub.Head(),
	}
	kept.SetSecrets(delivery.NewSecrets(r.Secret))
	if err := s.store.Deliveries.CreateEndpoint(ctx, kept); err != nil {
		return nil, "", err
	}
	s.add(kept)
	return &kept.Endpoint, secret, nil
}

// Change changes the given fields of a webhook. Requests in flight are not
// affected.
func (s *Service) Change(ctx context.Context, id string, c Change) (*delivery.Endpoint, error) {
	return s.modify(ctx, id, s.store.Deliveries.UpdateEndpoint, func(fresh *deliveries.EndpointRecord) error {
		if fresh.Unreadable != nil {
			return fresh.Unreadable
		}
		names, before, settings := fresh.Types.Names(), fresh.URL, fresh.Settings
		if c.URL != nil {
			fresh.URL = *c.URL
		}
		if c.EventTypes != nil {
			names = *c.EventTypes
		}
		var secret string
		if c.Secret != nil {
			secret = *c.Secret
			fresh.SetSecrets(delivery.NewSecrets(secret))
		}
		if c.Settings != nil {
			c.Settings(&settings)
		}
		// Unchanged fields aren't checked again. A target that was
		// allowed when it was registered may be refused now; the guard
		// refuses it when it is called.
		checked := s.rules
		checked.knownURL, checked.knownSettings, checked.former = c.URL == nil, c.Settings == nil, before
		types, conditions, err := checked.check(fresh.URL, names, secret, &settings)
		if err != nil {
			return err
		}
		fresh.Types, fresh.Settings, fresh.Filter = types, settings, settings.Filter(types, conditions)
		return nil
	})
}

// modify changes a copy of an endpoint, saves it and hands it to the worker.
func (s *Service) modify(
	ctx context.Context, id string,
	save func(context.Context, *deliveries.EndpointRecord) error, change func(*deliveries.EndpointRecord) error,
) (*delivery.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return nil, ErrNotFound
	}
	fresh := *s.endpoints[i].endpoint
	fresh.SetSecrets(fresh.Secrets.Signing(time.Now())) // ended secrets aren't stored
	if err := change(&fresh); err != nil {
		return nil, err
	}
	fresh.UpdatedAt = time.Now().UTC().Truncate(time.Microsecond)
	if err := save(ctx, &fresh); err != nil {
		return nil, err
	}
	s.endpoints[i].endpoint = &fresh
	w := s.endpoints[i].worker
	w.Update(&fresh)
	return &fresh.Endpoint, nil
}

// lookUp returns an endpoint and its worker.
func (s *Service) lookUp(id string) (*deliveries.EndpointRecord, *worker.Worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return nil, nil, ErrNotFound
	}
	return s.endpoints[i].endpoint, s.endpoints[i].worker, nil
}

// Remove removes a webhook: nothing more is sent, its queue is dropped, and its
// attempts can be read until retention removes them.
func (s *Service) Remove(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return ErrNotFound
	}
	removal := worker.NewStateChange(id, delivery.Removed, event.WebhookRemoved, time.Now(), "")
	if err := s.store.Deliveries.RemoveEndpoint(ctx, s.endpoints[i].endpoint.N, removal); err != nil {
		return err
	}
	s.announceSoon()
	s.endpoints[i].worker.Remove()
	s.opts.Logger.Info("webhook removed", slog.String("webhook", id))
	s.endpoints = slices.Delete(s.endpoints, i, i+1)
	return nil
}

func (s *Service) find(id string) int {
	return slices.IndexFunc(s.endpoints, func(r *registered) bool { return r.endpoint.ID == id })
}

// Endpoint returns a webhook, or ErrNotFound.
func (s *Service) Endpoint(id string) (*delivery.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return nil, ErrNotFound
	}
	return &s.endpoints[i].endpoint.Endpoint, nil
}

// Endpoints returns every webhook, oldest first.
func (s *Service) Endpoints() []*delivery.Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*delivery.Endpoint, len(s.endpoints))
	for i, r := range s.endpoints {
		all[i] = &r.endpoint.Endpoint
	}
	return all
}

// Status returns a webhook's status; the zero Status for an unknown id.
func (s *Service) Status(id string) worker.Status {
	s.mu.Lock()
	i := s.find(id)
	if i < 0 {
		s.mu.Unlock()
		return worker.Status{}
	}
	w := s.endpoints[i].worker
	s.mu.Unlock()
	return w.Status()
}

// notFound turns the store's error into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, deliveries.ErrNoEndpoint) {
		return ErrNotFound
	}
	return err
}

// Metrics returns the counts of all workers since Postern started.
func (s *Service) Metrics() worker.Metrics { return s.shared.Counters.Snapshot() }

// Hours adds up the last day's attempts of all endpoints by the hour, the oldest
// first.
func (s *Service) Hours() []stats.Hour {
	s.mu.Lock()
	workers := make([]*worker.Worker, len(s.endpoints))
	for i := range s.endpoints {
		workers[i] = s.endpoints[i].worker
	}
	s.mu.Unlock()
	now := time.Now() // one for all, or their hours would differ
	total := new(stats.HourStats).Hours(now)
	for _, w := range workers {
		for i, h := range w.Hours(now) {
			total[i].Add(&h)
		}
	}
	return total
}
