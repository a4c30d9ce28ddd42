package secretbox

import (
	"crypto/rand"
	"encoding/base64"
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

// LoadKey reads the key from its file in dir. Where there is none it makes one if
// mayMake is true.
func LoadKey(dir string, mayMake bool) ([]byte, error) {
	path := filepath.Join(dir, KeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if mayMake {
			return makeKey(path)
		}
		return nil, fmt.Errorf("%w: the one that its secrets were encrypted with is missing; put it back as %s, or give it in POSTERN_KEY",
			ErrKey, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	// A file that was copied here may be readable by others.
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

// makeKey makes a key and writes its file. A crash leaves the whole file or none.
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
