package send

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

// Test sends a test event. Its error says that ctx has ended.
func (c *Client) Test(ctx context.Context, sample *event.Event) (delivery.TestResult, error) {
	var steps steps
	r := c.Send(httptrace.WithClientTrace(ctx, steps.trace()), Request{Event: sample, Test: true})
	if r.Interrupted {
		return delivery.TestResult{}, fmt.Errorf("send test event: %w", context.Cause(ctx))
	}
	result := delivery.TestResult{EventID: sample.ID, Head: r.Response, Attempt: r.Attempt(0, 1, false)}
	result.Attempt.EventID, result.Attempt.EventType = sample.ID, sample.Type
	steps.fill(&result, r.At)
	return result, nil
}

// steps records when each step of a request was done. The transport may call it
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

// fill fills in the durations, each from the step before.
func (s *steps) fill(t *delivery.TestResult, began time.Time) {
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
