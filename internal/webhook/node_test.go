package webhook

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// nodeServer runs a Node script that prints its port, and returns the port.
func nodeServer(t *testing.T, script string, args ...string) (port string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node isn't installed: its servers aren't tested with")
	}
	cmd := exec.CommandContext(t.Context(), node, append([]string{"-e", script, "--"}, args...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var problems strings.Builder
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(out, &port); err != nil {
		_ = cmd.Wait()
		t.Fatalf("Node didn't start: %v\n%s", err, problems.String())
	}
	return port
}
