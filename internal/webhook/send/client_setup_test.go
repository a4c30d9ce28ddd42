package send

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// clientFor makes a client of an endpoint at url that may call loopback.
func clientFor(t testing.TB, url string) *Client {
	t.Helper()
	return guardedClient(t, url, egress.NewGuard(loopback))
}

func guardedClient(t testing.TB, url string, guard *egress.Guard) *Client {
	t.Helper()
	c, err := NewClient(&delivery.Endpoint{ID: "wh_000000000001", URL: url}, delivery.NewSecrets("whsec_your_signing_secret"), guard,
		NewPayloads(nil, ""), "Postern/1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// sendTo makes one attempt.
func sendTo(t *testing.T, c *Client) Result {
	t.Helper()
	r := c.Send(t.Context(), Request{Event: webhooktest.SomeEvent(t)})
	if r.Interrupted || time.Since(r.At) > webhooktest.TooLong || r.Duration <= 0 {
		t.Fatalf("the attempt's result is %+v", r)
	}
	return r
}

// sendFor makes one attempt, which must end on its own or by ctx before long.
func sendFor(t *testing.T, ctx context.Context, c *Client) Result {
	t.Helper()
	done := make(chan Result, 1)
	e := webhooktest.SomeEvent(t)
	go func() { done <- c.Send(ctx, Request{Event: e}) }()
	select {
	case r := <-done:
		return r
	case <-time.After(webhooktest.TooLong):
		t.Fatal("the attempt doesn't end")
		panic("unreachable")
	}
}

// loopback allows receivers of tests.
var loopback = egress.Policy{
	AllowHTTP:    true,
	AllowTargets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
}

// hosts parses patterns that must be right.
func hosts(t testing.TB, patterns ...string) []egress.HostPattern {
	t.Helper()
	list := make([]egress.HostPattern, len(patterns))
	for i, p := range patterns {
		if err := list[i].UnmarshalText([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(webhooktest.TooLong); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
