package send

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

func TestDeliveryOverHTTP2(t *testing.T) {
	t.Parallel()
	sink := &webhooktest.Sink{Got: make(chan webhooktest.Received, 10)}
	server := httptest.NewUnstartedServer(sink)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := clientFor(t, server.URL)
	c.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	c.transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	if r := sendTo(t, c); r.Class != delivery.ClassNone || r.Status != 200 {
		t.Fatalf("the attempt's result is %+v", r)
	}
	if got := sink.Next(t, 1)[0]; got.Proto != "HTTP/2.0" || string(got.Body) == "" || got.Header.Get("X-Signature-256") == "" {
		t.Errorf("came as %s with %q", got.Proto, got.Header)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	opened := make(chan struct{}, 100)
	server := httptest.NewUnstartedServer(&webhooktest.Sink{Got: make(chan webhooktest.Received, 100)})
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened <- struct{}{}
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := clientFor(t, server.URL)
	for range 20 {
		if r := sendTo(t, c); r.Class != delivery.ClassNone {
			t.Fatalf("the attempt's result is %+v", r)
		}
	}
	if n := len(opened); n != 1 {
		t.Errorf("20 deliveries one after the other took %d connections", n)
	}
}

func TestConnectionsAreUsedAgainByManyAtOnce(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	var together sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		together.Done()
		together.Wait() // for all of a round
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c, e := clientFor(t, server.URL), webhooktest.SomeEvent(t)
	for range 10 {
		together.Add(delivery.DefaultInFlight)
		var round sync.WaitGroup
		for range delivery.DefaultInFlight {
			round.Go(func() { c.Send(t.Context(), Request{Event: e}) })
		}
		round.Wait()
	}
	if n := opened.Load(); n > delivery.DefaultInFlight {
		t.Errorf("rounds of %d deliveries at once took %d connections", delivery.DefaultInFlight, n)
	}
}
