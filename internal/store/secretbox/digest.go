package secretbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// Digest returns a keyed hash of a text, the same for the same text in any case:
// the audit records it in place of a text that must not be kept. It has 32
// hexadecimal digits.
func (b *Box) Digest(text string) string {
	return hex.EncodeToString(mac(b.digests, []byte(strings.ToLower(text)))[:16])
}

// RequestDigest returns a keyed hash of a request's parts. Bodies may contain
// secrets; without the key nobody can test guesses against the hash.
func (b *Box) RequestDigest(parts ...[]byte) []byte {
	h := hmac.New(sha256.New, b.digests)
	h.Write([]byte("request"))
	for _, part := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(part))) // never fails
		h.Write(part)
	}
	return h.Sum(nil)
}

// Tag returns a keyed hash of an erased identity. With the key it can be compared
// with an identity that is named; without the key it says nothing.
func (b *Box) Tag(identity string) []byte { return mac(b.tags, []byte(identity)) }

// SignAudit returns the signature of the record of the audit's ends.
func (b *Box) SignAudit(record []byte) []byte { return mac(b.audit, record) }

// Fingerprint returns a text that tells the box's key from others and says
// nothing else about it.
func (b *Box) Fingerprint() string { return b.fingerprint }

// Fingerprint returns the fingerprint of a key.
func Fingerprint(key []byte) string {
	return hex.EncodeToString(mac(key, []byte("postern key fingerprint"))[:16])
}

func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}
