package disktest

import (
	"syscall"
	"testing"
)

// Mount returns a folder with a file system of its own that has a size, such as
// "16m". It skips the test where none can be mounted, which takes root.
func Mount(t testing.TB, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("postern-test", dir, "tmpfs", 0, "size="+size+",mode=0700"); err != nil {
		t.Skipf("a small file system can't be mounted here (it takes root): %v", err)
	}
	t.Cleanup(func() {
		// Lazily, since a process that another test starts may hold the files
		// for the moment before it becomes another program.
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}
