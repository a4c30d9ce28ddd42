//go:build !linux

package database

import (
	"os"
	"syscall"
)

// preallocate is for Linux alone.
func preallocate(*os.File, int64) error { return syscall.EOPNOTSUPP }
