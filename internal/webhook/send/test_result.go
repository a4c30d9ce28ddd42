package send

import (
	"context"
	"fmt"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Test sends a test event. Its error says that ctx has ended.
func (c *Client) Test(ctx context.Context, sample *event.Event) (delivery.TestResult, error) {
	r := c.Send(ctx, Request{Event: sample, Test: true})
	if r.Interrupted {
		return delivery.TestResult{}, fmt.Errorf("send test event: %w", context.Cause(ctx))
	}
	result := delivery.TestResult{EventID: sample.ID, Head: r.Response, Attempt: r.Attempt(0, 1, false)}
	result.Attempt.EventID, result.Attempt.EventType = sample.ID, sample.Type
	if t := r.Timeline; t != nil {
		result.Address, result.TLS = t.Address, t.TLS
		failed, known := result.Attempt.FailedIn()
		done := func(p delivery.Phase) time.Duration {
			if known && p == failed {
				return 0
			}
			return t.Phases[p].Took()
		}
		result.DNS, result.Connect, result.Handshake = done(delivery.PhaseDNS), done(delivery.PhaseConnect), done(delivery.PhaseTLS)
		if answer := t.Phases[delivery.PhaseResponse]; answer.Reached() {
			result.FirstByte = answer.From - t.Phases[delivery.PhaseRequest].From
		}
	}
	return result, nil
}
