//go:build !linux

package store

import (
	"os"
	"syscall"
)

// preallocate is for Linux alone.
func preallocate(*os.File, int64) error { return syscall.EOPNOTSUPP }
