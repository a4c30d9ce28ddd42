// Package fullrun marks tests of which the short run, which is that with the race
// detector, has less.
package fullrun

import "testing"

// Only skips a test in the short run: it computes much in one goroutine. The full
// run has it.
func Only(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("the full run has it")
	}
}

// Short reports whether this is the short run, in which a test tries fewer
// combinations of its table.
func Short() bool { return testing.Short() }

// Seeds returns the number of random runs of a test: full, or a few of them in the
// short run.
func Seeds(full, short uint64) uint64 {
	if testing.Short() {
		return short
	}
	return full
}
