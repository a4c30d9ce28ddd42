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

	"postern/internal/delivery"
)

// signer signs deliveries. It is used by one goroutine at a time.
type signer struct {
	keys    []*key // newest first
	scratch []byte
}

// key is one secret's two signatures.
type key struct {
	body     hash.Hash // of the reference: over the body
	standard hash.Hash // of Standard Webhooks: over id, time and body
	until    time.Time // zero for no end
}

// newSigner makes a signer. Without secrets, deliveries go unsigned.
func newSigner(s delivery.Secrets) *signer {
	keys := make([]*key, len(s))
	for i, one := range s {
		standard, _ := one.Key()
		keys[i] = &key{body: hmac.New(sha256.New, []byte(one.Text)), standard: hmac.New(sha256.New, standard), until: one.Until}
	}
	return &signer{keys: keys}
}

// signsAt reports whether a secret signs at a time.
func (k *key) signsAt(at time.Time) bool { return k.until.IsZero() || at.Before(k.until) }

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

// deliveryHeader returns the headers of one delivery of a body: the
// reference's, those of Standard Webhooks, and Postern's own. While rotations
// overlap, webhook-signature carries the signatures of all secrets that sign,
// the newest first; X-Signature-256, which can hold only one, has the oldest's,
// so a receiver that doesn't know a newer secret yet can still verify.
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
	var oldest *key
	var signatures []byte
	for _, k := range s.keys {
		if !k.signsAt(at) {
			continue
		}
		if oldest != nil {
			signatures = append(signatures, ' ')
		}
		oldest, signatures = k, s.appendStandard(signatures, k, id, timestamp, body)
	}
	if oldest != nil {
		h[headerSignature] = []string{s.signBody(oldest, body)}
		h[headerWebhookSignatures] = []string{string(signatures)}
	}
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

func (s *signer) appendStandard(to []byte, k *key, id, timestamp string, body []byte) []byte {
	k.standard.Reset()
	s.scratch = append(append(append(append(s.scratch[:0], id...), '.'), timestamp...), '.')
	k.standard.Write(s.scratch)
	k.standard.Write(body)
	s.scratch = k.standard.Sum(s.scratch[:0])
	return base64.StdEncoding.AppendEncode(append(to, "v1,"...), s.scratch)
}
