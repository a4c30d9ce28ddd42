package snapshots

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"postern/internal/snapshot"
	"postern/internal/store/database"
)

// Folder is a folder of files that are named by the hash of their content, in
// subfolders of the name's first two letters.
type Folder string

// Hash is the SHA-256 of a file.
type Hash [sha256.Size]byte

// String returns the file's name.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// hashFrom reads a hash as its column has it.
func hashFrom(b []byte) (hash Hash, err error) {
	if len(b) != len(hash) {
		return hash, fmt.Errorf("a hash of %d bytes", len(b))
	}
	return Hash(b), nil
}

// Names of files that are no snapshot: incomplete ones, and those that are about to be
// overwritten and removed.
const (
	partPrefix  = "part-"
	trashPrefix = "trash-"
)

// maxFileBytes bounds a file: an image and its encryption.
const maxFileBytes = snapshot.MaxBytes + 4096

// blockBytes is the room that a file takes at least.
const blockBytes = 4096

// roomOf returns the room on the disk that a file of a size takes.
func roomOf(size int64) int64 { return (size + blockBytes - 1) / blockBytes * blockBytes }

// newRun returns a name of this process's own.
func newRun() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (f Folder) sub(h Hash) string          { return filepath.Join(string(f), hex.EncodeToString(h[:1])) }
func (f Folder) path(h Hash) string         { return filepath.Join(f.sub(h), h.String()) }
func (f Folder) special(name string) string { return filepath.Join(string(f), name) }

// write makes the file of a content, unless it is there, and makes it durable. It
// reports whether it made it. part is a name that no other caller uses.
func (f Folder) write(hash Hash, content []byte, part string) (made bool, err error) {
	if info, err := os.Lstat(f.path(hash)); err == nil && info.Mode().IsRegular() && info.Size() == int64(len(content)) {
		// An earlier Put may have been killed before it made the name durable.
		return false, database.SyncFolder(f.sub(hash))
	}
	if err := database.MakeFolders(f.sub(hash)); err != nil {
		return false, err
	}
	temporary := f.special(partPrefix + part)
	if err := writeDurably(temporary, content); err != nil {
		return false, errors.Join(err, removeIfThere(temporary))
	}
	if err := os.Rename(temporary, f.path(hash)); err != nil {
		return false, errors.Join(err, removeIfThere(temporary))
	}
	return true, database.SyncFolder(f.sub(hash))
}

// writeDurably writes a new file and waits for the disk.
func writeDurably(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// errChanged says that a file's content isn't the one of its name.
var errChanged = errors.New("the file has another content than it was written with")

// read returns the content of a file, compared with its name.
func (f Folder) read(hash Hash) ([]byte, error) {
	info, err := os.Stat(f.path(hash))
	if err != nil {
		return nil, database.PathCause(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileBytes {
		return nil, errChanged
	}
	content, err := os.ReadFile(f.path(hash))
	if err != nil {
		return nil, database.PathCause(err)
	}
	if sha256.Sum256(content) != hash {
		return nil, errChanged
	}
	return content, nil
}

// Copy copies a file into another folder, where it is durable then. whole is false for
// a file that is missing or was changed.
func (f Folder) Copy(hash Hash, to Folder) (whole bool, err error) {
	content, err := f.read(hash)
	if lost(err) {
		return false, nil
	}
	if err == nil {
		_, err = to.write(hash, content, newRun())
	}
	return err == nil, err
}

// Whole reports whether a file is there with its content. An error says that the disk
// can't tell.
func (f Folder) Whole(hash Hash) (bool, error) {
	_, err := f.read(hash)
	if lost(err) {
		return false, nil
	}
	return err == nil, err
}

// lost reports whether an error of read means that the content is gone.
func lost(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errChanged) || errors.Is(err, syscall.EIO)
}

// discard gives a file another name, by which no event has it.
func (f Folder) discard(hash Hash) (trash string, size int64, err error) {
	info, err := os.Lstat(f.path(hash))
	if err != nil {
		return "", 0, err
	}
	trash = f.special(trashPrefix + newRun())
	return trash, info.Size(), os.Rename(f.path(hash), trash)
}

// wipe overwrites a file and removes it, as the database does with removed rows. A
// file system that writes elsewhere may keep the blocks, and so may a flash disk.
func wipe(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info, statErr := file.Stat(); statErr == nil {
		_, err = file.Write(make([]byte, min(info.Size(), maxFileBytes)))
	}
	if err == nil {
		err = file.Sync()
	}
	// Where it can't be overwritten it is removed all the same.
	return errors.Join(err, file.Close(), removeIfThere(path))
}

// names returns the files of a subfolder by their hash, with their sizes.
func (f Folder) names(first byte) (map[Hash]int64, error) {
	entries, err := os.ReadDir(filepath.Join(string(f), hex.EncodeToString([]byte{first})))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files := make(map[Hash]int64, len(entries))
	for _, entry := range entries {
		b, err := hex.DecodeString(entry.Name())
		if err != nil || len(b) != len(Hash{}) || b[0] != first {
			continue // not Postern's
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files[Hash(b)] = info.Size()
		}
	}
	return files, nil
}

// leftovers returns the files that another process has left incomplete, or hasn't
// removed.
func (f Folder) leftovers(run string) ([]string, error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var left []string
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, trashPrefix) || strings.HasPrefix(name, partPrefix) && !strings.HasPrefix(name, partPrefix+run) {
			left = append(left, f.special(name))
		}
	}
	return left, nil
}
