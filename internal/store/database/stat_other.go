//go:build !(linux && (amd64 || arm64))

package database

import "syscall"

// stat is syscall.Stat for a path that ends with a zero byte.
func stat(path []byte, s *syscall.Stat_t) error {
	return syscall.Stat(string(path[:len(path)-1]), s)
}
