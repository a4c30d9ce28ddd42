package webhook

import "testing"

// fullRunOnly skips a test in the short run, which is that with the race
// detector: the test computes much in one goroutine.
func fullRunOnly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the full run has it")
	}
}

// seeds returns the number of random runs of a test: full, or a few of them in
// the short run.
func seeds(full, short uint64) uint64 {
	if testing.Short() {
		return short
	}
	return full
}
