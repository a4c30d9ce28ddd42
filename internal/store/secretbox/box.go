package secretbox

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// KeyBytes is the length of a key.
const KeyBytes = 32

// ErrKey says that the store's secrets were encrypted with another key.
var ErrKey = errors.New("the key doesn't fit the store")

// Prefix begins each encrypted text and names its scheme.
const Prefix = "sealed1:"

// Box encrypts and decrypts secrets, and makes digests and signatures. It is
// safe for concurrent use.
type Box struct {
	aead        cipher.AEAD
	audit       []byte // signs the audit's ends
	digests     []byte // for digests of texts and requests
	pseudonyms  []byte // for the hashes that stand for people
	tags        []byte // for the hashes of erased identities
	files       cipher.AEAD
	nonces      []byte // for the nonces of files
	fingerprint string
}

// New returns the box of a key.
func New(key []byte) (*Box, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, not %d", ErrKey, len(key), KeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	b := &Box{aead: aead, fingerprint: Fingerprint(key)}
	var files []byte
	for info, derived := range map[string]*[]byte{
		"postern audit": &b.audit, "postern words": &b.digests, "postern pseudonyms": &b.pseudonyms, "postern identities": &b.tags,
		"postern files": &files, "postern file nonces": &b.nonces,
	} {
		if *derived, err = hkdf.Key(sha256.New, key, nil, info, sha256.Size); err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
	}
	if b.files, err = fileCipher(files); err != nil {
		return nil, err
	}
	return b, nil
}

// Format prints a placeholder, whatever the verb.
func (*Box) Format(f fmt.State, _ rune) { fmt.Fprint(f, "secretbox") }

// Encrypt encrypts a text for the place where it is kept, such as an endpoint's
// id. Empty stays empty.
func (b *Box) Encrypt(text, place string) string {
	if text == "" {
		return ""
	}
	return Prefix + base64.StdEncoding.EncodeToString(b.aead.Seal(nil, nil, []byte(text), []byte(place)))
}

// Decrypt is the inverse of Encrypt. Its error is ErrKey for another key or
// another place, and never repeats the text.
func (b *Box) Decrypt(encrypted, place string) (string, error) {
	if encrypted == "" {
		return "", nil
	}
	encoded, ok := strings.CutPrefix(encrypted, Prefix)
	if !ok {
		return "", errors.New("a secret isn't encrypted")
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", errors.New("a secret is damaged")
	}
	text, err := b.aead.Open(nil, nil, data, []byte(place))
	if err != nil {
		return "", ErrKey
	}
	return string(text), nil
}

// PseudonymKey returns the key of the hashes that stand for people. It is derived
// from the box's key, and the same for as long as that is.
func (b *Box) PseudonymKey() []byte { return bytes.Clone(b.pseudonyms) }
