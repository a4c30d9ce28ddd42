package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the real program, built once as it is shipped.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "postern")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "postern")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build: %v\n%s", err, out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// daemon is a running postern.
type daemon struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	out  *syncBuffer // standard output
	log  *syncBuffer // standard error
}

var servingAt = regexp.MustCompile(`msg="postern is serving" url=(\S+)`)

// start runs `postern serve` on a free port until the test ends, and waits
// until it answers.
func start(t *testing.T, data string, flags ...string) *daemon {
	t.Helper()
	return startCommand(t, "serve", append([]string{"--data", data}, flags...)...)
}

// startCommand is start for any command that serves.
func startCommand(t *testing.T, name string, flags ...string) *daemon {
	t.Helper()
	return startWith(t, nil, name, flags...)
}

// startWith is startCommand with more in the environment.
func startWith(t *testing.T, env []string, name string, flags ...string) *daemon {
	t.Helper()
	cmd := exec.Command(binary, append([]string{name, "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = append(cleanEnv(), env...)
	return startProcess(t, cmd)
}

// startProcess is startWith for a process that is set up otherwise.
func startProcess(t *testing.T, cmd *exec.Cmd) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: cmd, out: &syncBuffer{}, log: &syncBuffer{}}
	d.cmd.Stdout = d.out
	pipe, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
		if t.Failed() {
			t.Logf("log of pid %d:\n%s", d.cmd.Process.Pid, d.log.String())
		}
	})
	url := make(chan string, 1)
	go func() {
		defer close(url)
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			fmt.Fprintln(d.log, lines.Text())
			if m := servingAt.FindStringSubmatch(lines.Text()); m != nil {
				url <- m[1]
			}
		}
	}()
	select {
	case u, ok := <-url:
		if !ok {
			t.Fatalf("it ended: %s", d.log.String())
		}
		d.base = u
	case <-time.After(30 * time.Second):
		t.Fatal("it did not begin to serve")
	}
	return d
}

// kill ends the process as a power cut would, as far as a process can tell.
func (d *daemon) kill() {
	d.t.Helper()
	if err := d.cmd.Process.Kill(); err != nil {
		d.t.Fatal(err)
	}
	_ = d.cmd.Wait()
}

// stop asks the process to end and returns its exit code.
func (d *daemon) stop() int {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	_ = d.cmd.Wait()
	return d.cmd.ProcessState.ExitCode()
}

// request sends a request and decodes a JSON answer into v, if v isn't nil.
func (d *daemon) request(method, path, body string, v any) (status int, header http.Header) {
	d.t.Helper()
	status, header, err := d.try(method, path, body, v)
	if err != nil {
		d.t.Fatal(err)
	}
	return status, header
}

func (d *daemon) try(method, path, body string, v any) (int, http.Header, error) {
	req, err := http.NewRequest(method, d.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, err
	}
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			return 0, nil, fmt.Errorf("%w in %.200s", err, b)
		}
	}
	return res.StatusCode, res.Header, nil
}

// command runs postern to its end.
func command(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(cleanEnv(), env...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// cleanEnv is the environment without Postern's own settings and those of traces.
func cleanEnv() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "POSTERN_") && !strings.HasPrefix(v, "OTEL_") {
			env = append(env, v)
		}
	}
	return env
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("never: " + what)
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
