package webhooktest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// NodeServer runs a Node script that prints its port, and returns the port.
func NodeServer(t *testing.T, script string, args ...string) (port string) {
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

// Node's server closes a kept-alive connection 5 s after its last answer, or
// sooner where it is told to; this one does so as the next request arrives, on
// every connection that had one before.
const NodeClosesEarly = `
const http = require('http')
const server = http.createServer((request, response) => {
	const again = request.socket.used
	request.socket.used = true
	request.resume()
	if (again) return request.socket.destroy()
	request.on('end', () => response.end())
})
server.keepAliveTimeout = 50
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
