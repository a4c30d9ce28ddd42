package send

import (
	"net/url"
	"strconv"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// SentHeader is a header of a request. Value is empty for a signature that isn't
// known; Means says what it is made of.
type SentHeader struct {
	Name, Value, Means string
	Signature          bool // it is one of the signatures
}

// SentHeaders returns the headers of an attempt's request as a receiver reads
// them, in the order of docs/webhooks.md. The code that sends them makes them.
// Signatures have a value, and signed is true, if the check in the attempt's timeline
// says that they are those that were sent. Without a check, same tells whether the
// webhook and the event are as they were.
func SentHeaders(e *delivery.Endpoint, secrets delivery.Secrets, r Request, body []byte, a *delivery.Attempt, same bool,
	agent string) (headers []SentHeader, signed bool) {
	sent := NewSigner(secrets).Header(r, body, a.At, agent)
	if a.Timeline != nil && a.Timeline.Signed != 0 {
		same = signedCheck(sent) == a.Timeline.Signed
	}
	signed = same && len(sent[HeaderSignature]) > 0
	if u, err := url.Parse(e.URL); err == nil {
		headers = append(headers, SentHeader{Name: "Host", Value: egress.HostHeader(u)})
	}
	headers = append(headers, SentHeader{Name: "Content-Length", Value: strconv.Itoa(len(body))})
	for _, name := range deliveryHeaders {
		if values := sent[name.key]; len(values) > 0 {
			h := SentHeader{Name: name.written, Value: values[0], Means: name.means, Signature: name.signature}
			if name.signature && !signed {
				h.Value = ""
			}
			if name.key == HeaderWebhookID && h.Value != r.Event.ID {
				h.Means = "A hash of the event's id, since Standard Webhooks allows no dot."
			}
			headers = append(headers, h)
		}
	}
	return headers, signed
}

// deliveryHeaders are the headers that a delivery may have.
var deliveryHeaders = []struct {
	key, written, means string
	signature           bool
}{
	{"Content-Type", "Content-Type", "", false},
	{"User-Agent", "User-Agent", "", false},
	{HeaderEventType, "X-Event-Type", "", false},
	{HeaderEventID, "X-Event-ID", "The same on every attempt.", false},
	{HeaderReplay, "X-Postern-Replay", "A person asked for it again.", false},
	{HeaderSignature, "X-Signature-256", "sha256= and the hex HMAC-SHA256 of the body, with the whole secret as the key.", true},
	{HeaderWebhookID, "webhook-id", "", false},
	{HeaderWebhookTimestamp, "webhook-timestamp", "When this attempt was made.", false},
	{HeaderWebhookSignatures, "webhook-signature", "v1, and the base64 HMAC-SHA256 of id.timestamp.body, by Standard Webhooks.", true},
}
