// Package disktest gives tests a disk that is small enough to fill. It is for
// tests alone, and knows nothing of Postern.
package disktest

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// Fill writes a file until not a byte fits on its disk any more.
func Fill(t testing.TB, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
