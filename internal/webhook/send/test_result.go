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

// TestResult is the outcome of sending a test event.
type TestResult struct {
	EventID string
	Attempt delivery.Attempt // its Seq is zero: a test event isn't in the log
	// Address is the address that was dialled, TLS the agreed version, such as
	// "TLS 1.3". Each is empty if the request didn't get that far.
	Address string
	TLS     string
	// DNS, Connect, Handshake and FirstByte are how long each step took. Each is
	// zero if the request didn't get that far.
	DNS, Connect, Handshake, FirstByte time.Duration
	// Head is the beginning of the response's body, whatever its status.
	Head string
}

// Test sends a test event. Its error says that ctx has ended.
func (c *Client) Test(ctx context.Context, sample *event.Event) (TestResult, error) {
	var steps steps
	r := c.Send(httptrace.WithClientTrace(ctx, steps.trace()), Request{Event: sample, Test: true})
	if r.Interrupted {
		return TestResult{}, fmt.Errorf("send test event: %w", context.Cause(ctx))
	}
	result := TestResult{EventID: sample.ID, Head: r.Response, Attempt: r.Attempt(0, 1, false)}
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
func (s *steps) fill(t *TestResult, began time.Time) {
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
