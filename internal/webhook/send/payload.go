package send

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/maphash"
	"net/url"
	"strings"
	"sync"

	"postern/internal/delivery"
	"postern/internal/event"
)

// needsPublicURL says what to do where a thin payload has no address for its link.
const needsPublicURL = "start Postern with --public-url, the address under which receivers reach it."

// ParsePublicURL parses the address at which receivers reach Postern: http:// or
// https:// and a host, with nothing after it. Empty stays empty.
func ParsePublicURL(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || strings.ContainsAny(raw, "?#") ||
		strings.Trim(strings.ToLower(u.Host), "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != "" {
		return "", errors.New("it is not an address to reach Postern at; write it as https://postern.example.com")
	}
	return u.Scheme + "://" + u.Host, nil
}

// maxEncodedBytes bounds each of the two generations of cached payloads.
const maxEncodedBytes = 4 << 20

// Payloads makes the bodies of deliveries. It makes each kind once per event,
// however many endpoints share it. It is safe for concurrent use.
type Payloads struct {
	publicURL string
	macs      sync.Pool // of hash.Hash, which make pseudonyms
	seed      maphash.Seed

	mu            sync.Mutex
	recent, older map[encodedKey]*encoded // a full recent becomes older
	bytes         int                     // in recent
}

// encodedKey identifies a payload. An erasure puts a redacted event in the place of
// the original; the digest tells the two apart.
type encodedKey struct {
	seq    int64
	digest uint64
	kind   delivery.Payload
}

// encoded is a payload that one goroutine makes, once, and others wait for.
type encoded struct {
	once sync.Once
	body []byte
}

// NewPayloads returns an empty cache of payloads. key makes the pseudonyms.
// publicURL is the base of the links in thin payloads, which can't be sent
// without it.
func NewPayloads(key []byte, publicURL string) *Payloads {
	return &Payloads{
		publicURL: publicURL, seed: maphash.MakeSeed(), recent: make(map[encodedKey]*encoded),
		macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }},
	}
}

// Encode returns an event's payload of a kind, which is the body that is sent and
// signed. The caller must not change it.
func (p *Payloads) Encode(e *event.Event, kind delivery.Payload) []byte {
	full := kind == delivery.PayloadFull || kind == ""
	if full && (p.publicURL == "" || !e.HasSnapshot()) {
		return e.JSON()
	}
	if e.Seq == 0 { // a test event, which is not in the log
		return p.build(e, kind)
	}
	made := p.find(e, kind)
	made.once.Do(func() { made.body = p.build(e, kind) })
	return made.body
}

func (p *Payloads) find(e *event.Event, kind delivery.Payload) *encoded {
	key := encodedKey{e.Seq, maphash.Bytes(p.seed, e.JSON()), kind}
	p.mu.Lock()
	defer p.mu.Unlock()
	if made := cmp.Or(p.recent[key], p.older[key]); made != nil {
		return made
	}
	if p.bytes > maxEncodedBytes {
		p.recent, p.older, p.bytes = make(map[encodedKey]*encoded), p.recent, 0
	}
	made := new(encoded)
	p.recent[key] = made
	p.bytes += len(e.JSON())
	return made
}

// Forget drops all cached payloads, since one may be of an event that was erased:
// pseudonyms replace only names in it, not its other data.
func (p *Payloads) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent, p.older, p.bytes = make(map[encodedKey]*encoded), nil, 0
}

func (p *Payloads) build(e *event.Event, kind delivery.Payload) []byte {
	switch kind {
	case delivery.PayloadFull, "":
		return e.JSONWithLinks(p.publicURL)
	case delivery.PayloadThin:
		return p.thin(e)
	}
	fresh := *e
	fresh.Data = e.ReplaceText(isPersonal, p.pseudonym)
	fresh.Finalize()
	return fresh.JSONWithLinks(p.publicURL)
}

// thin returns the event without its data and with a link to the whole event.
func (p *Payloads) thin(e *event.Event) []byte {
	fresh := *e
	fresh.Data = []byte("{}")
	fresh.Finalize()
	body := fresh.JSONWithLinks(p.publicURL)
	// An id has no character that means anything in a URL or in JSON.
	return fmt.Appendf(body[:len(body)-1:len(body)-1], `,"url":"%s/api/v1/events/%s"}`, p.publicURL, e.ID)
}

// isPersonal reports whether a member of data names a person.
func isPersonal(name string) bool { return name == "identity_id" || name == "label" }

// pseudonym returns the replacement of a member's value: 128 bits of an HMAC-SHA256
// over the member's name and the value, so that an id and a label of the same text
// differ.
func (p *Payloads) pseudonym(name, value string) string {
	mac := p.macs.Get().(hash.Hash)
	defer p.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(name))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return "psn_" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// Lacks says in a sentence what is missing to send a kind of payload; empty where
// nothing is missing.
func (p *Payloads) Lacks(kind delivery.Payload) string {
	if kind == delivery.PayloadThin && p.publicURL == "" {
		return `The payload is "thin", which carries a link to the event; ` + needsPublicURL
	}
	return ""
}
