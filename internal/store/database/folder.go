package database

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// Modes of access(2).
const (
	mayRead  = 4
	mayWrite = 2
	mayEnter = 1
)

// makeFolder creates the data folder if it doesn't exist. Where this process
// may not create or use it, the error names the process's user, the owner, and
// the command that helps. keyFile must be readable, if it is named and there.
func makeFolder(dir, keyFile string) error {
	// The folder holds personal data: only its owner may read it.
	if err := makeFolders(dir, SyncFolder); err != nil {
		if accessRefused(err) {
			err = explainRefusal(existing(dir), dir, err)
		}
		return fmt.Errorf("make data folder: %w", err)
	}
	uses := map[string]uint32{
		".": mayRead | mayWrite | mayEnter, FileName: mayRead | mayWrite, FileName + "-wal": mayRead | mayWrite,
		FileName + "-shm": mayRead | mayWrite,
		lockFile:          mayRead | mayWrite,
	}
	if keyFile != "" {
		uses[keyFile] = mayRead
	}
	for _, name := range slices.Sorted(maps.Keys(uses)) { // the folder first
		path := filepath.Join(dir, name)
		err := syscall.Access(path, uses[name])
		if name == FileName && err == nil && !ownFile(path) {
			err = syscall.EPERM
		}
		if accessRefused(err) {
			return fmt.Errorf("use data folder: %w", explainRefusal(path, dir, err))
		}
	}
	return nil
}

// MakeFolders creates a folder and the parents that it lacks, for their owner
// alone, and makes them durable.
func MakeFolders(dir string) error { return makeFolders(dir, SyncFolder) }

// makeFolders creates a folder and the parents that it lacks, for their owner
// alone. sync makes the new entry of each parent durable: without it a power cut
// could take the folder away with everything in it.
func makeFolders(dir string, sync func(dir string) error) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := makeFolders(parent, sync); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil // another process made it meanwhile
		}
		return err
	}
	// A parent that may be written but not read can't be synced.
	if err := sync(parent); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// OwnFolder refuses a folder of another user: files that are made in it would be
// closed to the user that serves it.
func OwnFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return nil // it is made, or Open says what is wrong
	}
	if owner, known := ownerOf(info); known && owner != os.Geteuid() {
		return fmt.Errorf("the data folder %s belongs to uid %d, and this command runs as uid %d; run it as that user", dir, owner, os.Geteuid())
	}
	return nil
}

// PathCause leaves the path out of an error of the system; the caller names it.
func PathCause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// accessRefused reports whether the system refuses an access: to this user, or to
// all.
func accessRefused(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// ownFile reports whether this process may set a file's mode. Only the owner
// and root may, and Postern makes its file private.
func ownFile(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return true // it doesn't exist yet, or opening it reports the error
	}
	owner, known := ownerOf(info)
	return !known || owner == os.Geteuid() || os.Geteuid() == 0
}

func ownerOf(info fs.FileInfo) (uid int, known bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return int(stat.Uid), true
}

// existing returns the path, or the nearest parent folder that this process can
// see.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(path)
		if parent == path {
			return path
		}
		path = parent
	}
}

// explainRefusal says why the system refuses the use of a path for the data
// folder, and how to change that.
func explainRefusal(path, dir string, cause error) error {
	if errors.Is(cause, syscall.EROFS) {
		return fmt.Errorf("%s is on a file system that is mounted read-only; mount it so that it can be written, "+
			"or choose another folder with --data", path)
	}
	if absolute, err := filepath.Abs(dir); err == nil {
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
		dir = absolute
	}
	uid, gid := os.Geteuid(), os.Getegid()
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%w; Postern runs as uid %d", PathCause(cause), uid)
	}
	owner, _ := ownerOf(info)
	give := fmt.Sprintf("chown -R %d:%d %s", uid, gid, shellQuoted(dir))
	if path != dir && !strings.HasPrefix(path, dir+string(filepath.Separator)) { // the folder isn't there yet
		if syscall.Access(path, mayEnter) != nil {
			return fmt.Errorf("Postern runs as uid %d and may not enter %s, which belongs to uid %d; choose another folder with --data",
				uid, path, owner)
		}
		give = fmt.Sprintf("mkdir -p %s && %s", shellQuoted(dir), give)
	} else if owner == uid {
		return fmt.Errorf("%s belongs to uid %d, as which Postern runs, but its mode is %s; run: chmod -R u+rwX %s", path, uid,
			info.Mode(), shellQuoted(dir))
	}
	return fmt.Errorf("Postern runs as uid %d and may not use %s, which belongs to uid %d; as root, run: %s", uid, path, owner, give)
}

// plainWord matches text that a shell reads as one word without quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9/_.,:@%+=-]+$`)

// shellQuoted writes a path as one word of a shell.
func shellQuoted(path string) string {
	if plainWord.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
