package store

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"postern/internal/store/database"
)

// KeyFile is the key's file in the data folder.
const KeyFile = "secret.key"

// KeyBytes is the length of the key that webhook secrets are encrypted with
// and the audit's ends are signed with.
const KeyBytes = 32

// ErrKey says that the store's secrets were encrypted with another key.
var ErrKey = errors.New("the key doesn't fit the store")

// sealer encrypts the secrets that the store keeps, with AES-256-GCM, so
// that a copy of the file alone gives none away.
type sealer struct {
	aead       cipher.AEAD
	audit      []byte // signs where the audit begins and ends
	words      []byte // hashes what is told of and not kept
	pseudonyms []byte // makes the hashes that stand for people
	tags       []byte // makes the hashes of who was erased
	print      string // tells the key from another one
}

// sealedPrefix marks an encrypted text and its scheme.
const sealedPrefix = "sealed1:"

func newSealer(key []byte) (*sealer, error) {
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
	audit, err := hkdf.Key(sha256.New, key, nil, "postern audit", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make key of the audit: %w", err)
	}
	words, err := hkdf.Key(sha256.New, key, nil, "postern words", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make key of hashes: %w", err)
	}
	pseudonyms, err := hkdf.Key(sha256.New, key, nil, "postern pseudonyms", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make key of pseudonyms: %w", err)
	}
	tags, err := hkdf.Key(sha256.New, key, nil, "postern identities", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make key of hashes: %w", err)
	}
	return &sealer{aead: aead, audit: audit, words: words, pseudonyms: pseudonyms, tags: tags, print: KeyFingerprint(key)}, nil
}

// KeyFingerprint returns a text that tells a key from others and says nothing
// else about it.
func KeyFingerprint(key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("postern key fingerprint"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// KeyFingerprint returns the fingerprint of the store's key.
func (s *Store) KeyFingerprint() string { return s.sealer.print }

// Digest returns a hash of a text that is the same for the same text, in any
// case, and that nobody can try texts against without the key: for telling of
// what must not be kept. It has 32 hexadecimal digits.
func (s *Store) Digest(text string) string {
	h := hmac.New(sha256.New, s.sealer.words)
	h.Write([]byte(strings.ToLower(text)))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// tag returns a keyed hash: who has the key can find out whether it is of a
// text that they name, and nobody else can.
func (s *sealer) tag(text string) []byte {
	h := hmac.New(sha256.New, s.tags)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// mac signs what the audit's head says.
func (s *sealer) mac(b []byte) []byte {
	h := hmac.New(sha256.New, s.audit)
	h.Write(b)
	return h.Sum(nil)
}

// seal encrypts a text for the place it is kept in, such as an endpoint's id:
// moved to another place it can't be read. Empty stays empty.
func (s *sealer) seal(text, place string) string {
	if text == "" {
		return ""
	}
	return sealedPrefix + base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(text), []byte(place)))
}

// open is the inverse of seal.
func (s *sealer) open(sealed, place string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	encoded, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return "", errors.New("a secret isn't encrypted")
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", errors.New("a secret is damaged")
	}
	text, err := s.aead.Open(nil, nil, b, []byte(place))
	if err != nil {
		return "", ErrKey
	}
	return string(text), nil
}

// loadKey reads the key from its file in dir. Where there is none it makes
// one, if it may.
func loadKey(dir string, mayMake bool) ([]byte, error) {
	path := filepath.Join(dir, KeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if mayMake {
			return makeKey(path)
		}
		return nil, fmt.Errorf("%w: the one that its secrets were encrypted with is missing; put it back as %s, or give it in POSTERN_KEY", ErrKey, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	// One that was copied here may be open to others.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("close key to others: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		// Not what ParseKey says: a new key is of no use here.
		return nil, fmt.Errorf("%w: %s is damaged, it isn't %d bytes in base64; put it back from a backup", ErrKey, path, KeyBytes)
	}
	return key, nil
}

// makeKey makes a key and writes it so that a crash leaves the whole file or
// none.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, KeyBytes)
	_, _ = rand.Read(key) // never fails
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = database.SyncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// ParseKey reads a key as its file holds it: 32 bytes in base64.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeyBytes {
		return nil, fmt.Errorf("the key isn't %d bytes in base64; make one with: head -c %d /dev/urandom | base64", KeyBytes, KeyBytes)
	}
	return key, nil
}

// The text of key_check, and the place for which it is encrypted.
const keyPlace, keyWord = "key_check", "postern"

// unlock takes the key and makes sure that it is the right one.
func (s *Store) unlock(ctx context.Context) error {
	s.DB.Lock()
	defer s.DB.Unlock()
	var check string
	err := s.reader.QueryRowContext(ctx, "SELECT value FROM key_check").Scan(&check)
	unsealed := errors.Is(err, sql.ErrNoRows)
	if err != nil && !unsealed {
		return fmt.Errorf("check key: %w", err)
	}
	key := s.opts.Key
	if key == nil {
		// A new key where there was one would only hide that it is lost.
		if key, err = loadKey(s.DB.Dir(), unsealed); err != nil {
			return err
		}
	}
	if s.sealer, err = newSealer(key); err != nil {
		return err
	}
	if unsealed {
		if err := s.adoptKey(ctx); err != nil {
			return err
		}
		return s.beginAudit(ctx)
	}
	if word, err := s.sealer.open(check, keyPlace); err != nil || word != keyWord {
		return fmt.Errorf("%w: its secrets were encrypted with another one; put that key back (%s in the data folder, or POSTERN_KEY)", ErrKey, KeyFile)
	}
	return s.beginAudit(ctx)
}

// adoptKey notes which key encrypts the secrets of a store that doesn't say so: a
// new store, or one of which a salvage has lost the note. There the key must
// decrypt the secrets. The caller holds the write lock.
func (s *Store) adoptKey(ctx context.Context) error {
	err := s.DB.Commit(ctx, func(tx *database.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, secrets FROM endpoints")
		if err != nil {
			return err
		}
		_, err = database.Collect(rows, func(row database.Row) (_ struct{}, err error) {
			var id, secrets string
			if err = row.Scan(&id, &secrets); err == nil {
				_, err = s.sealer.openSecrets(secrets, id)
			}
			return struct{}{}, err
		})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO key_check VALUES (?)", s.sealer.seal(keyWord, keyPlace))
		return err
	})
	if err != nil {
		return fmt.Errorf("check key: %w", err)
	}
	return nil
}

// PseudonymKey returns the key of the hashes that stand for people, derived
// from the one that secrets are encrypted with: it is the same for as long as
// that is.
func (s *Store) PseudonymKey() []byte { return bytes.Clone(s.sealer.pseudonyms) }
