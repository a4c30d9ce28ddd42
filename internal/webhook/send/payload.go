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

// needsPublicURL is what to do where a thin payload has nowhere to lead.
const needsPublicURL = "start Postern with --public-url, the address under which receivers reach it"

// ParsePublicURL reads where receivers reach Postern: http:// or https:// and
// a host, with nothing behind it. Empty stays empty.
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

// maxEncodedBytes bounds what payloads that differ from the event's own JSON
// take, twice.
const maxEncodedBytes = 4 << 20

// payloads makes the bodies that endpoints are sent, each kind once per event
// however many endpoints share it. It is safe for concurrent use.
type Payloads struct {
	publicURL string
	macs      sync.Pool // of hash.Hash, which make pseudonyms
	seed      maphash.Seed

	mu            sync.Mutex
	recent, older map[encodedKey]*encoded // what fills recent takes the place of older
	bytes         int                     // in recent
}

// encodedKey names a payload. An event that was erased leaves its place in
// the log to what stands there since, which the digest tells from it.
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

// encode returns what is sent of an event, which is what is signed. It must
// not be changed.
func (p *Payloads) Encode(e *event.Event, kind delivery.Payload) []byte {
	if kind == delivery.PayloadFull || kind == "" {
		return e.JSON()
	}
	if e.Seq == 0 { // a test's, which has no place in the log
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

// forget drops every payload that was made: one may be of an event that was
// erased, whose data beyond the names is in it.
func (p *Payloads) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent, p.older, p.bytes = make(map[encodedKey]*encoded), nil, 0
}

// Cached returns the number of cached payloads.
func (p *Payloads) Cached() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.recent) + len(p.older)
}

func (p *Payloads) build(e *event.Event, kind delivery.Payload) []byte {
	if kind == delivery.PayloadThin {
		return p.thin(e)
	}
	fresh := *e
	fresh.Data = e.ReplaceText(isPersonal, p.pseudonym)
	fresh.Finalize()
	return fresh.JSON()
}

// thin is the event without its data, and with a link to all of it.
func (p *Payloads) thin(e *event.Event) []byte {
	fresh := *e
	fresh.Data = []byte("{}")
	fresh.Finalize()
	body := fresh.JSON()
	// An id has no character that means anything in a URL or in JSON.
	return fmt.Appendf(body[:len(body)-1:len(body)-1], `,"url":"%s/api/v1/events/%s"}`, p.publicURL, e.ID)
}

// isPersonal reports whether a member of data says who an event is about.
func isPersonal(name string) bool { return name == "identity_id" || name == "label" }

// pseudonym is what stands for a value of a member: 128 bits of an HMAC-SHA256
// over both, so that an id and a label that happen to be alike are not seen to
// be.
func (p *Payloads) pseudonym(name, value string) string {
	mac := p.macs.Get().(hash.Hash)
	defer p.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(name))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return "psn_" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// lacks says what an endpoint's payload would need to be sent, in words that
// follow the field's name; nothing where it lacks nothing.
func (p *Payloads) Lacks(kind delivery.Payload) string {
	if kind == delivery.PayloadThin && p.publicURL == "" {
		return `is "thin", which carries a link to the event; ` + needsPublicURL
	}
	return ""
}
