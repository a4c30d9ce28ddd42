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

	"postern/internal/journal"
)

// secretPrefix marks a secret in the form of Standard Webhooks.
const secretPrefix = "whsec_"

// secrets are what an endpoint's deliveries are signed with. While a rotation
// overlaps, there is an old one beside the newest.
type secrets struct {
	newest, old string
	oldUntil    time.Time
}

func secretsOf(e *journal.Endpoint) secrets {
	return secrets{newest: e.Secret, old: e.OldSecret, oldUntil: e.OldSecretUntil}
}

// signer signs deliveries. It is used by one goroutine at a time.
type signer struct {
	newest, old *key // nil for none
	oldUntil    time.Time
	scratch     []byte
}

// key is one secret's two signatures.
type key struct {
	body     hash.Hash // of the reference: over the body
	standard hash.Hash // of Standard Webhooks: over id, time and body
}

func newSigner(s secrets) *signer {
	return &signer{newest: newKey(s.newest), old: newKey(s.old), oldUntil: s.oldUntil}
}

// newKey returns nil for an empty secret: such deliveries go unsigned.
func newKey(secret string) *key {
	if secret == "" {
		return nil
	}
	return &key{
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
	headerReplay            = "X-Postern-Replay"
	headerSuppressed        = "X-Postern-Suppressed"
	headerTest              = "X-Postern-Test"
)

// deliveryHeader returns the headers of one delivery of a body: the reference's, those
// of Standard Webhooks, and Postern's own. While a rotation overlaps,
// webhook-signature carries both secrets' signatures, the newest first;
// X-Signature-256, which can hold only one, keeps the old secret's, so that a
// receiver which doesn't know the new one yet goes on verifying.
func (s *signer) deliveryHeader(p parcel, body []byte, at time.Time, agent string) http.Header {
	e := p.event
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := make(http.Header, 10)
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{agent}
	h[headerEventType] = []string{e.Type.String()}
	h[headerEventID] = []string{e.ID}
	id := standardID(e.ID)
	h[headerWebhookID] = []string{id}
	h[headerWebhookTimestamp] = []string{timestamp}
	if p.replay {
		h[headerReplay] = []string{"true"}
	}
	if p.test {
		h[headerTest] = []string{"true"}
	}
	if p.suppressed > 0 {
		h[headerSuppressed] = []string{strconv.Itoa(p.suppressed)}
	}
	if s.newest == nil {
		return h
	}
	overlaps := s.old != nil && at.Before(s.oldUntil)
	reference, signatures := s.newest, s.signStandard(s.newest, id, timestamp, body)
	if overlaps {
		reference = s.old
		signatures += " " + s.signStandard(s.old, id, timestamp, body)
	}
	h[headerSignature] = []string{s.signBody(reference, body)}
	h[headerWebhookSignatures] = []string{signatures}
	return h
}

func (s *signer) signBody(k *key, body []byte) string {
	k.body.Reset()
	k.body.Write(body)
	s.scratch = k.body.Sum(s.scratch[:0])
	return "sha256=" + hex.EncodeToString(s.scratch)
}

// standardID is an event's id as webhook-id carries it. Standard Webhooks signs
// id.timestamp.body and so allows no dot in the id (section "Webhook headers"
// of its specification): an id that has one is replaced by a hash, the same on
// every attempt. X-Event-ID is the id itself.
func standardID(id string) string {
	if strings.IndexByte(id, '.') < 0 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "evt_" + hex.EncodeToString(sum[:16])
}

func (s *signer) signStandard(k *key, id, timestamp string, body []byte) string {
	k.standard.Reset()
	s.scratch = append(append(append(append(s.scratch[:0], id...), '.'), timestamp...), '.')
	k.standard.Write(s.scratch)
	k.standard.Write(body)
	s.scratch = k.standard.Sum(s.scratch[:0])
	return "v1," + base64.StdEncoding.EncodeToString(s.scratch)
}
