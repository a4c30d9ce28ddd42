package webhook

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"
)

// referenceEvent is the delivery of the API's reference, in one line.
const referenceEvent = `{"id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210","type":"watchlist_alert",` +
	`"timestamp":"2026-03-19T10:32:15+00:00","source":"face_pipeline",` +
	`"data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.93,"watchlist":"vip"},"camera_id":"lobby-cam-1"}`

func TestDeliveryIsTheReferences(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	s.register(sink.URL+"/webhooks/biometrics?site=7&x=%20", "whsec_your_signing_secret", "watchlist_alert")
	before := time.Now().Unix()
	s.publishJSON(referenceEvent)

	got := sink.Next(t, 1)[0]
	if string(got.Body) != referenceEvent {
		t.Errorf("the body is\n%s\nwant\n%s", got.Body, referenceEvent)
	}
	if got.Method != http.MethodPost || got.Target != "/webhooks/biometrics?site=7&x=%20" ||
		got.Host != strings.TrimPrefix(sink.URL, "http://") {
		t.Errorf("%s %s at %s", got.Method, got.Target, got.Host)
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
		if got := got.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	at, err := strconv.ParseInt(got.Header.Get("webhook-timestamp"), 10, 64)
	if err != nil || at < before || at > time.Now().Unix() {
		t.Errorf("webhook-timestamp is %q", got.Header.Get("webhook-timestamp"))
	}
	if signature := got.Header.Get("webhook-signature"); !strings.HasPrefix(signature, "v1,") {
		t.Errorf("webhook-signature is %q", signature)
	}
	// Nothing else: no cookie, no compression, no address of anybody's.
	if names := len(got.Header); names != 9 {
		t.Errorf("the headers are %q", slices.Sorted(maps.Keys(got.Header)))
	}
}

func TestDeliveryWithoutASecretIsUnsigned(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	s.register(sink.URL, "", "*")
	events := s.publish("face_detected")
	got := sink.Next(t, 1)[0]
	if string(got.Body) != string(events[0].JSON()) {
		t.Errorf("the body is %s", got.Body)
	}
	for name := range got.Header {
		if strings.Contains(strings.ToLower(name), "signature") {
			t.Errorf("%s: %s", name, got.Header.Get(name))
		}
	}
	if got.Header.Get("X-Event-ID") != events[0].ID || got.Header.Get("webhook-id") != events[0].ID {
		t.Errorf("the headers are %q", got.Header)
	}
}

func TestOnlyMatchingEventsAreDelivered(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	s.publish("face_matched") // before there was a webhook
	s.register(sink.URL+"/some", "", "face_matched", "line_crossed")
	s.register(sink.URL+"/all", "", "*")
	s.publish("face_detected", "face_matched", "system_error", "line_crossed", "person_exited")

	var some, all []string
	for _, got := range sink.Next(t, 7) {
		if got.Target == "/some" {
			some = append(some, got.Header.Get("X-Event-Type"))
		} else {
			all = append(all, got.Header.Get("X-Event-Type"))
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
	if n := len(sink.Got); n != 0 {
		t.Errorf("%d more came", n)
	}
}

// The log returns the same bytes: receivers compare signatures, and may keep
// them.
func TestRedeliveryIsTheSameBytes(t *testing.T) {
	t.Parallel()
	s, sink := openSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	s.register(sink.URL, "whsec_your_signing_secret", "*")
	published := s.publishJSON(
		`{"id": "mine_1", "type": "face_matched", "timestamp": "2026-03-19T11:32:15.5+01:00", "source": "s\u00fc\/ß<&>\u2028",
		"data": { "a" : [1, 1.50, 1e400, -0], "\u0041": "\ud83d\ude00 <script>", "z": {"n": null} }}`)
	after := s.restart(nil)
	again, err := after.hub.At(t.Context(), published[0].Seq)
	if err != nil || again == published[0] {
		t.Fatalf("the event wasn't read back from the log: %v", err)
	}
	got := sink.Next(t, 1)[0]
	if string(got.Body) != string(published[0].JSON()) {
		t.Errorf("after a restart the body is\n%s\nwant\n%s", got.Body, published[0].JSON())
	}
}
