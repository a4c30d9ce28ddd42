package database

import (
	"os"

	"golang.org/x/sys/unix"
)

// preallocate gives a file its room on the disk at once.
func preallocate(f *os.File, size int64) error {
	return unix.Fallocate(int(f.Fd()), 0, 0, size)
}
