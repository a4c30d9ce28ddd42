package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
)

// secretPrefix marks a secret in the form of Standard Webhooks.
const secretPrefix = "whsec_"

// signer signs deliveries with one secret. It is used by one goroutine.
type signer struct {
	body     hash.Hash // of the reference: over the body
	standard hash.Hash // of Standard Webhooks: over id, time and body
	scratch  []byte
}

// newSigner returns nil for an empty secret: such deliveries go unsigned.
func newSigner(secret string) *signer {
	if secret == "" {
		return nil
	}
	return &signer{
		body:     hmac.New(sha256.New, []byte(secret)),
		standard: hmac.New(sha256.New, standardKey(secret)),
	}
}

// standardKey is the key that the Standard Webhooks libraries derive from a
// secret: what is base64 after "whsec_". Where that isn't base64, as in the
// reference's own example, it is the secret's bytes, which the libraries take
// as a "raw" secret.
func standardKey(secret string) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 {
		return []byte(secret)
	}
	return key
}

// header keys in the form that net/http sends them on.
const (
	headerSignature         = "X-Signature-256"
	headerEventType         = "X-Event-Type"
	headerEventID           = "X-Event-Id"
	headerWebhookID         = "Webhook-Id"
	headerWebhookTimestamp  = "Webhook-Timestamp"
	headerWebhookSignatures = "Webhook-Signature"
)

// deliveryHeader returns the headers of one delivery, signed if s isn't nil:
// the reference's, and those of Standard Webhooks.
func (s *signer) deliveryHeader(e *event.Event, at time.Time, agent string) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := make(http.Header, 8)
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{agent}
	h[headerEventType] = []string{e.Type.String()}
	h[headerEventID] = []string{e.ID}
	h[headerWebhookID] = []string{e.ID}
	h[headerWebhookTimestamp] = []string{timestamp}
	if s == nil {
		return h
	}
	body := e.JSON()
	s.body.Reset()
	s.body.Write(body)
	sum := s.body.Sum(s.scratch[:0])
	h[headerSignature] = []string{"sha256=" + hex.EncodeToString(sum)}

	s.standard.Reset()
	s.scratch = append(append(append(append(s.scratch[:0], e.ID...), '.'), timestamp...), '.')
	s.standard.Write(s.scratch)
	s.standard.Write(body)
	sum = s.standard.Sum(s.scratch[:0])
	h[headerWebhookSignatures] = []string{"v1," + base64.StdEncoding.EncodeToString(sum)}
	s.scratch = sum
	return h
}
