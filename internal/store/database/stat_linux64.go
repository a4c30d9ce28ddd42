//go:build linux && (amd64 || arm64)

package database

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stat is syscall.Stat for a path that ends with a zero byte: without the copy
// that syscall.Stat makes of the path, since every commit calls this four times.
func stat(path []byte, s *syscall.Stat_t) error {
	at := unix.AT_FDCWD
	_, _, err := syscall.Syscall6(unix.SYS_NEWFSTATAT, uintptr(at), uintptr(unsafe.Pointer(unsafe.SliceData(path))),
		uintptr(unsafe.Pointer(s)), 0, 0, 0)
	if err != 0 {
		return err
	}
	return nil
}
