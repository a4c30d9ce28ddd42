package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"postern/internal/store/database"
)

// PartSuffix ends the name of a copy that isn't complete. It is Postern's own, so
// that no other file is taken for one.
const PartSuffix = ".postern-part"

// partAge is how long nothing was written to a copy before it counts as left
// behind by a killed process. Copying writes all the time and the check that
// follows takes minutes, so a day is far from both. A lock would tell at once,
// but on network file systems it would collide with SQLite's own.
const partAge = 24 * time.Hour

// intoPlace lets write make a file under another name, which it gets once it
// is on disk. It also removes what killed copies have left in the folder.
func intoPlace(file string, write func(part string) (Copied, error)) (copied Copied, err error) {
	removeParts(filepath.Dir(file))
	part := file + PartSuffix
	f, err := openPart(part)
	if err != nil {
		return copied, fmt.Errorf("make %s: %w", part, database.PathCause(err))
	}
	defer f.Close()
	defer RemovePart(part) // once it has its name, the files beside it alone
	if copied, err = write(part); err != nil {
		return copied, err
	}
	if err = f.Sync(); err == nil {
		err = os.Rename(part, file)
	}
	if err == nil {
		err = database.SyncFolder(filepath.Dir(file))
	}
	if err != nil {
		return copied, fmt.Errorf("make %s: %w", file, err)
	}
	return copied, nil
}

// openPart creates a copy's file, or empties the one that a killed process has
// left under the same name.
func openPart(part string) (*os.File, error) {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	// One that was left behind may be open to others.
	if err := f.Chmod(0o600); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// emptyPart empties a copy that SQLite can't read, for a salvage to fill.
func emptyPart(part string) error {
	f, err := openPart(part)
	if err != nil {
		return database.PathCause(err)
	}
	removeBeside(part)
	return f.Close()
}

// removeParts removes the incomplete copies in a folder that nothing was written
// to for partAge. One that can't be removed stays: a copy that is made now
// doesn't need it gone.
func removeParts(dir string) {
	entries, _ := os.ReadDir(dir) // the copy's own error says what is wrong with the folder
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), PartSuffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > partAge {
			RemovePart(filepath.Join(dir, entry.Name()))
		}
	}
}

// RemovePart removes an incomplete copy and the files that SQLite has put beside
// it.
func RemovePart(part string) {
	_ = os.Remove(part) // most aren't there
	removeBeside(part)
}

// removeBeside removes the files that SQLite has put beside an incomplete copy.
func removeBeside(part string) {
	for _, end := range append(database.FileSuffixes[1:], "-journal") {
		_ = os.Remove(part + end)
	}
}
