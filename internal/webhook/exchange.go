package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/webhook/egress"
)

// Exchange is an attempt with what was sent.
type Exchange struct {
	Attempt delivery.Attempt
	// Method, URL and Headers are what the request had; URL as the webhook has
	// it now. Moved says that the webhook was changed since, so that this may
	// differ.
	Method, URL string
	Moved       bool
	Headers     []SentHeader
	// Event is what it was about; nil once retention has removed it. Body is
	// what was sent of it, with the payload that the webhook has now.
	Event *event.Event
	Body  []byte
}

// SentHeader is a header of a request. Value is empty for a signature, which
// isn't kept; Means says what it is made of.
type SentHeader struct{ Name, Value, Means string }

// Exchange returns one of a webhook's attempts with what was sent. Its errors
// are ErrNotFound, also for a removed webhook, and ErrNoAttempt.
func (s *Service) Exchange(ctx context.Context, id, attempt string) (Exchange, error) {
	kept, _, err := s.lookUp(id)
	if err != nil {
		return Exchange{}, err
	}
	a, err := s.Attempt(ctx, id, attempt)
	if err != nil {
		return Exchange{}, err
	}
	x := Exchange{Attempt: a, Method: http.MethodPost, URL: kept.URL, Moved: kept.UpdatedAt.After(a.At)}
	x.Event, err = s.hub.At(ctx, a.Seq)
	if errors.Is(err, event.ErrNotFound) {
		return x, nil // nothing is left to tell of its headers
	}
	if err != nil {
		return Exchange{}, err
	}
	if kept.Unreadable != nil {
		return Exchange{}, kept.Unreadable
	}
	x.Body = s.rules.payloads.encode(x.Event, kept.Settings.Payload)
	x.Headers = s.sentHeaders(kept, &x)
	return x, nil
}

// sentHeaders are the headers of a delivery as a receiver reads them, by the
// code that sends them, in the order of docs/webhooks.md.
func (s *Service) sentHeaders(kept *store.EndpointRecord, x *Exchange) []SentHeader {
	sent := newSigner(kept.Secrets).deliveryHeader(parcel{event: x.Event, replay: x.Attempt.Replay}, x.Body, x.Attempt.At, s.agent())
	var headers []SentHeader
	if u, err := url.Parse(kept.URL); err == nil {
		headers = append(headers, SentHeader{Name: "Host", Value: egress.HostHeader(u)})
	}
	headers = append(headers, SentHeader{Name: "Content-Length", Value: strconv.Itoa(len(x.Body))})
	for _, name := range deliveryHeaders {
		if values := sent[name.key]; len(values) > 0 {
			h := SentHeader{Name: name.written, Value: values[0], Means: name.means}
			if name.signature {
				h.Value = ""
			}
			if name.key == headerWebhookID && h.Value != x.Event.ID {
				h.Means = "A hash of the event's id, since Standard Webhooks allows no dot."
			}
			headers = append(headers, h)
		}
	}
	return headers
}

// deliveryHeaders are what a delivery may carry.
var deliveryHeaders = []struct {
	key, written, means string
	signature           bool
}{
	{"Content-Type", "Content-Type", "", false},
	{"User-Agent", "User-Agent", "", false},
	{headerEventType, "X-Event-Type", "", false},
	{headerEventID, "X-Event-ID", "The same on every try.", false},
	{headerReplay, "X-Postern-Replay", "A person asked for it again.", false},
	{headerSignature, "X-Signature-256", "sha256= and the hex HMAC-SHA256 of the body, with the whole secret as the key.", true},
	{headerWebhookID, "webhook-id", "", false},
	{headerWebhookTimestamp, "webhook-timestamp", "When this try was made.", false},
	{headerWebhookSignatures, "webhook-signature", "v1, and the base64 HMAC-SHA256 of id.timestamp.body, by Standard Webhooks.", true},
}
