package send

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

// Signer signs deliveries. It is used by one goroutine at a time.
type Signer struct {
	keys    []*key // newest first
	scratch []byte
}

// key is one secret's two signatures.
type key struct {
	body     hash.Hash // of the reference: over the body
	standard hash.Hash // of Standard Webhooks: over id, time and body
	until    time.Time // zero for no end
}

// NewSigner makes a signer. Without secrets, deliveries go unsigned.
func NewSigner(s delivery.Secrets) *Signer {
	keys := make([]*key, len(s))
	for i, one := range s {
		standard, _ := one.Key()
		keys[i] = &key{body: hmac.New(sha256.New, []byte(one.Text)), standard: hmac.New(sha256.New, standard), until: one.Until}
	}
	return &Signer{keys: keys}
}

// signsAt reports whether a secret signs at a time.
func (k *key) signsAt(at time.Time) bool { return k.until.IsZero() || at.Before(k.until) }

// header keys in the form that net/http sends them on.
const (
	HeaderSignature         = "X-Signature-256"
	HeaderEventType         = "X-Event-Type"
	HeaderEventID           = "X-Event-Id"
	HeaderWebhookID         = "Webhook-Id"
	HeaderWebhookTimestamp  = "Webhook-Timestamp"
	HeaderWebhookSignatures = "Webhook-Signature"
	HeaderReplay            = "X-Postern-Replay"
	HeaderSuppressed        = "X-Postern-Suppressed"
	HeaderTest              = "X-Postern-Test"
)

// Header returns the headers of one delivery of a body: the
// reference's, those of Standard Webhooks, and Postern's own. While rotations
// overlap, webhook-signature carries the signatures of all secrets that sign,
// the newest first; X-Signature-256, which can hold only one, has the oldest's,
// so a receiver that doesn't know a newer secret yet can still verify.
func (s *Signer) Header(p Request, body []byte, at time.Time, agent string) http.Header {
	e := p.Event
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := make(http.Header, 10)
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{agent}
	h[HeaderEventType] = []string{e.Type.String()}
	h[HeaderEventID] = []string{e.ID}
	id := standardID(e.ID)
	h[HeaderWebhookID] = []string{id}
	h[HeaderWebhookTimestamp] = []string{timestamp}
	if p.Replay {
		h[HeaderReplay] = []string{"true"}
	}
	if p.Test {
		h[HeaderTest] = []string{"true"}
	}
	if p.Suppressed > 0 {
		h[HeaderSuppressed] = []string{strconv.Itoa(p.Suppressed)}
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
		h[HeaderSignature] = []string{s.signBody(oldest, body)}
		h[HeaderWebhookSignatures] = []string{string(signatures)}
	}
	return h
}

func (s *Signer) signBody(k *key, body []byte) string {
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

func (s *Signer) appendStandard(to []byte, k *key, id, timestamp string, body []byte) []byte {
	k.standard.Reset()
	s.scratch = append(append(append(append(s.scratch[:0], id...), '.'), timestamp...), '.')
	k.standard.Write(s.scratch)
	k.standard.Write(body)
	s.scratch = k.standard.Sum(s.scratch[:0])
	return base64.StdEncoding.AppendEncode(append(to, "v1,"...), s.scratch)
}
