package hub

import (
	"runtime"
	"testing"
)

// TestACommitTakesWhoIsAboutToWait isn't parallel: with one processor,
// publishers that can run do so exactly when the one that leads lets them.
func TestACommitTakesWhoIsAboutToWait(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	h, log := setup(t, 100)
	joined := make(chan struct{})
	for range 20 {
		go func() {
			publish(t, h, made())
			joined <- struct{}{}
		}()
	}
	publish(t, h, made())
	for range 20 {
		<-joined
	}
	if n := log.appends.Load(); n != 1 {
		t.Errorf("21 publishers that came at once took %d commits, want 1", n)
	}
}
