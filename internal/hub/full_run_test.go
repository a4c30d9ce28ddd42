package hub

import "testing"

// fullRunOnly skips a test in the short run, which is that with the race
// detector: the test computes much in one goroutine.
func fullRunOnly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the full run has it")
	}
}
