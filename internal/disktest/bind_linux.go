package disktest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// MountFile makes an empty file that is on a small file system of its own, of a
// size such as "16m", while all others in its folder are not. It returns the
// folder of that file system, for Fill. It skips the test where Mount does.
func MountFile(t testing.TB, path, size string) (dir string) {
	t.Helper()
	dir = Mount(t, size)
	there := filepath.Join(dir, filepath.Base(path))
	for _, name := range []string{there, path} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount(there, path, "", syscall.MS_BIND, ""); err != nil {
		t.Fatalf("mount a file: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}
