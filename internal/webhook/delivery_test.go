package webhook

import (
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/delivery"
)

// referenceEvent is the delivery of the API's reference, in one line.
const referenceEvent = `{"id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210","type":"watchlist_alert","timestamp":"2026-03-19T10:32:15+00:00","source":"face_pipeline",` +
	`"data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.93,"watchlist":"vip"},"camera_id":"lobby-cam-1"}`

func TestDeliveryIsTheReferences(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), newSink(t)
	s.register(sink.URL+"/webhooks/biometrics?site=7&x=%20", "whsec_your_signing_secret", "watchlist_alert")
	before := time.Now().Unix()
	s.publishJSON(referenceEvent)

	got := sink.next(t, 1)[0]
	if string(got.body) != referenceEvent {
		t.Errorf("the body is\n%s\nwant\n%s", got.body, referenceEvent)
	}
	if got.method != http.MethodPost || got.target != "/webhooks/biometrics?site=7&x=%20" || got.host != strings.TrimPrefix(sink.URL, "http://") {
		t.Errorf("%s %s at %s", got.method, got.target, got.host)
	}
	for name, want := range map[string]string{
		"Content-Type":   "application/json",
		"Content-Length": strconv.Itoa(len(referenceEvent)),
		"X-Event-Type":   "watchlist_alert",
		"X-Event-ID":     "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210",
		"User-Agent":     "Postern/1.2.3",
		"webhook-id":     "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210",
		// openssl dgst -sha256 -hmac whsec_your_signing_secret
		"X-Signature-256": "sha256=c6d35b29bb78b3539fdbebcd216e48f5c25463e7b671bb9e8dd719e1a7e11e31",
	} {
		if got := got.header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	at, err := strconv.ParseInt(got.header.Get("webhook-timestamp"), 10, 64)
	if err != nil || at < before || at > time.Now().Unix() {
		t.Errorf("webhook-timestamp is %q", got.header.Get("webhook-timestamp"))
	}
	if signature := got.header.Get("webhook-signature"); !strings.HasPrefix(signature, "v1,") {
		t.Errorf("webhook-signature is %q", signature)
	}
	// Nothing else: no cookie, no compression, no address of anybody's.
	if names := len(got.header); names != 9 {
		t.Errorf("the headers are %q", slices.Sorted(maps.Keys(got.header)))
	}
}

func TestDeliveryWithoutASecretIsUnsigned(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), newSink(t)
	s.register(sink.URL, "", "*")
	events := s.publish("face_detected")
	got := sink.next(t, 1)[0]
	if string(got.body) != string(events[0].JSON()) {
		t.Errorf("the body is %s", got.body)
	}
	for name := range got.header {
		if strings.Contains(strings.ToLower(name), "signature") {
			t.Errorf("%s: %s", name, got.header.Get(name))
		}
	}
	if got.header.Get("X-Event-ID") != events[0].ID || got.header.Get("webhook-id") != events[0].ID {
		t.Errorf("the headers are %q", got.header)
	}
}

func TestOnlyMatchingEventsAreDelivered(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), newSink(t)
	s.publish("face_matched") // before there was a webhook
	s.register(sink.URL+"/some", "", "face_matched", "line_crossed")
	s.register(sink.URL+"/all", "", "*")
	s.publish("face_detected", "face_matched", "system_error", "line_crossed", "person_exited")

	var some, all []string
	for _, got := range sink.next(t, 7) {
		if got.target == "/some" {
			some = append(some, got.header.Get("X-Event-Type"))
		} else {
			all = append(all, got.header.Get("X-Event-Type"))
		}
	}
	slices.Sort(some)
	slices.Sort(all)
	if got := strings.Join(some, " "); got != "face_matched line_crossed" {
		t.Errorf("the picky one got %s", got)
	}
	if got := strings.Join(all, " "); got != "face_detected face_matched line_crossed person_exited system_error" {
		t.Errorf("the other one got %s", got)
	}
	s.stop()
	if n := len(sink.got); n != 0 {
		t.Errorf("%d more came", n)
	}
}

// What is read back from the log has to be the same bytes: receivers compare
// signatures, and may keep them.
func TestRedeliveryIsTheSameBytes(t *testing.T) {
	t.Parallel()
	s, sink := openSite(t, t.TempDir(), nil), newSink(t)
	s.register(sink.URL, "whsec_your_signing_secret", "*")
	published := s.publishJSON(`{"id": "mine_1", "type": "face_matched", "timestamp": "2026-03-19T11:32:15.5+01:00", "source": "s\u00fc\/ß<&>\u2028",
		"data": { "a" : [1, 1.50, 1e400, -0], "\u0041": "\ud83d\ude00 <script>", "z": {"n": null} }}`)
	after := s.restart(nil)
	again, err := after.hub.At(t.Context(), published[0].Seq)
	if err != nil || again == published[0] {
		t.Fatalf("the event wasn't read back from the log: %v", err)
	}
	got := sink.next(t, 1)[0]
	if string(got.body) != string(published[0].JSON()) {
		t.Errorf("after a restart the body is\n%s\nwant\n%s", got.body, published[0].JSON())
	}
}

func TestDeliveryOverHTTP2(t *testing.T) {
	t.Parallel()
	sink := &sink{got: make(chan request, 10)}
	server := httptest.NewUnstartedServer(sink)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := clientFor(t, server.URL)
	c.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	c.transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	if r := sendTo(t, c); r.class != delivery.ClassNone || r.status != 200 {
		t.Fatalf("the attempt's result is %+v", r)
	}
	if got := sink.next(t, 1)[0]; got.proto != "HTTP/2.0" || string(got.body) == "" || got.header.Get("X-Signature-256") == "" {
		t.Errorf("came as %s with %q", got.proto, got.header)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	opened := make(chan struct{}, 100)
	server := httptest.NewUnstartedServer(&sink{got: make(chan request, 100)})
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened <- struct{}{}
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := clientFor(t, server.URL)
	for range 20 {
		if r := sendTo(t, c); r.class != delivery.ClassNone {
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
	c, e := clientFor(t, server.URL), someEvent(t)
	for range 10 {
		together.Add(delivery.DefaultInFlight)
		var round sync.WaitGroup
		for range delivery.DefaultInFlight {
			round.Go(func() { c.send(t.Context(), parcel{event: e}) })
		}
		round.Wait()
	}
	if n := opened.Load(); n > delivery.DefaultInFlight {
		t.Errorf("rounds of %d deliveries at once took %d connections", delivery.DefaultInFlight, n)
	}
}
