package webhook

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Trial is what happened when a test event was sent.
type Trial struct {
	EventID string
	Attempt delivery.Attempt // its Seq is zero: a test is not an event
	// Address is the address that was dialled; TLS the version that was
	// agreed, such as "TLS 1.3". Each empty where it didn't come to that.
	Address string
	TLS     string
	// Time until the name was resolved, the connection was there, was
	// secure, and the answer began, each counted from the step before; zero
	// where it didn't come to that.
	DNS, Connect, Handshake, FirstByte time.Duration
	// Head is the beginning of the response's body, whatever its status.
	Head string
}

// Test sends a signed sample of a type to a webhook, over a connection of its
// own, and returns what happened. It isn't kept, counts for nothing, and
// works in every state. Its errors are ErrNotFound and *event.InvalidError.
func (s *Service) Test(ctx context.Context, id string, typeName string) (Trial, error) {
	kind, err := event.ParseType(typeName)
	if err != nil {
		return Trial{}, &event.InvalidError{Detail: "event_type: " + err.Error(), Fields: []event.FieldError{{Field: "event_type", Message: err.Error()}}}
	}
	kept, _, err := s.lookUp(id)
	if err != nil {
		return Trial{}, err
	}
	c, err := newClient(kept, s.rules.guard, s.rules.payloads, s.agent())
	if err != nil {
		return Trial{}, err
	}
	defer c.close()
	sample := &event.Event{
		ID: event.NewID(), Type: kind, Time: time.Now().UTC().Truncate(time.Microsecond),
		Source: event.OwnSource, Data: []byte(kind.Info().Example), Camera: "test",
	}
	sample.Seal()
	trial := Trial{EventID: sample.ID}
	var steps steps
	r := c.send(httptrace.WithClientTrace(ctx, steps.trace()), parcel{event: sample, test: true})
	if r.interrupted {
		return Trial{}, fmt.Errorf("send test event: %w", context.Cause(ctx))
	}
	steps.fill(&trial, r.at)
	trial.Head = r.response
	trial.Attempt = delivery.Attempt{
		EventID: sample.ID, EventType: kind, At: r.at, Duration: r.duration, Number: 1,
		Status: r.status, Class: r.class, Detail: r.detail, Response: r.response,
	}
	return trial, nil
}

// steps notes when each step of an exchange was done. The transport may call
// from several goroutines.
type steps struct {
	mu                                 sync.Mutex
	resolved, connected, secure, first time.Time
	address, version                   string
}

func (s *steps) trace() *httptrace.ClientTrace {
	note := func(at *time.Time) {
		s.mu.Lock()
		defer s.mu.Unlock()
		*at = time.Now()
	}
	return &httptrace.ClientTrace{
		DNSDone: func(httptrace.DNSDoneInfo) { note(&s.resolved) },
		ConnectStart: func(_, address string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.address = address
		},
		ConnectDone: func(_, address string, err error) {
			if err != nil {
				return
			}
			note(&s.connected)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.address = address
		},
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			if err != nil {
				return
			}
			note(&s.secure)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.version = tls.VersionName(state.Version)
		},
		GotFirstResponseByte: func() { note(&s.first) },
	}
}

// fill turns the moments into lengths of time, each from the step before.
func (s *steps) fill(t *Trial, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Address, t.TLS = s.address, s.version
	before := began
	for _, step := range []struct {
		at time.Time
		to *time.Duration
	}{{s.resolved, &t.DNS}, {s.connected, &t.Connect}, {s.secure, &t.Handshake}, {s.first, &t.FirstByte}} {
		if !step.at.IsZero() {
			*step.to = max(0, step.at.Sub(before))
			before = step.at
		}
	}
}

// agent is the User-Agent of deliveries.
func (s *Service) agent() string { return "Postern/" + s.opts.Version }
