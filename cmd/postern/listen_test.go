package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manager keeps sockets open and starts Postern on them, as systemd does for
// a service with a .socket unit.
type manager struct {
	t     *testing.T
	files []*os.File
	base  string
	data  string
}

func newManager(t *testing.T, addresses ...string) *manager {
	t.Helper()
	m := &manager{t: t, data: t.TempDir()}
	for _, address := range addresses {
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		file, err := ln.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		if m.base == "" {
			m.base = "http://" + ln.Addr().String()
		}
		ln.Close()
		m.files = append(m.files, file)
		t.Cleanup(func() { file.Close() })
	}
	return m
}

// start runs Postern on the sockets. A shell sets LISTEN_PID to the process
// that it then becomes.
func (m *manager) start(flags ...string) *daemon {
	m.t.Helper()
	args := append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, binary, "serve", "--data", m.data}, flags...)
	d := &daemon{t: m.t, cmd: exec.Command("sh", args...), base: m.base, log: &syncBuffer{}}
	d.cmd.Env = append(cleanEnv(), fmt.Sprintf("LISTEN_FDS=%d", len(m.files)))
	d.cmd.Stderr, d.cmd.ExtraFiles = d.log, m.files
	if err := d.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
		if m.t.Failed() {
			m.t.Log(d.log.String())
		}
	})
	return d
}

func TestRestartOnAnInheritedSocketRefusesNobody(t *testing.T) {
	t.Parallel()
	m := newManager(t, "127.0.0.1:0")
	// Clients connect all the time, each on a connection of its own.
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	stop, failed := make(chan struct{}), make(chan error, 1)
	var answers int
	go func() {
		defer close(failed)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			res, err := client.Get(m.base + "/healthz")
			if err != nil {
				failed <- err
				return
			}
			res.Body.Close()
			if res.StatusCode != 200 {
				failed <- fmt.Errorf("status %s", res.Status)
				return
			}
			answers++
		}
	}()
	for range 4 {
		d := m.start()
		eventually(t, "it serves", func() bool { return strings.Contains(d.log.String(), "postern is serving") })
		if status, _ := d.request("POST", "/api/v1/events", `{"type":"face_detected","source":"x"}`, nil); status != 202 {
			t.Errorf("status %d: a loopback socket is open to its machine", status)
		}
		if code := d.stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
	}
	last := m.start()
	eventually(t, "it serves", func() bool { return strings.Contains(last.log.String(), "postern is serving") })
	close(stop)
	if err := <-failed; err != nil {
		t.Errorf("after %d answers: %v", answers, err)
	}
}

func TestInheritedSocketsAddressDecidesWhetherKeysAreNeeded(t *testing.T) {
	t.Parallel()
	t.Run("one of two is open to others", func(t *testing.T) {
		t.Parallel()
		m := newManager(t, "127.0.0.1:0", "0.0.0.0:0")
		d := m.start("--listen", "127.0.0.1:0") // the inherited socket takes precedence
		_ = d.cmd.Wait()
		if d.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(d.log.String(), "no administrator yet") {
			t.Errorf("exit %d: %s", d.cmd.ProcessState.ExitCode(), d.log.String())
		}
	})
	t.Run("all are served", func(t *testing.T) {
		t.Parallel()
		m := newManager(t, "127.0.0.1:0", "127.0.0.2:0")
		m.start()
		for _, file := range m.files {
			name, err := syscall.Getsockname(int(file.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			at := name.(*syscall.SockaddrInet4)
			res, err := http.Get(fmt.Sprintf("http://%s:%d/healthz", net.IP(at.Addr[:]), at.Port))
			if err != nil || res.StatusCode != 200 {
				t.Fatalf("%v %v", res, err)
			}
			res.Body.Close()
		}
	})
	t.Run("a socket that is none of TCP", func(t *testing.T) {
		t.Parallel()
		m := newManager(t)
		ln, err := net.Listen("unix", t.TempDir()+"/s")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		file, err := ln.(*net.UnixListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		m.files = append(m.files, file)
		d := m.start()
		_ = d.cmd.Wait()
		if d.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(d.log.String(), "TCP port") {
			t.Errorf("exit %d: %s", d.cmd.ProcessState.ExitCode(), d.log.String())
		}
	})
	t.Run("sockets of another process", func(t *testing.T) {
		t.Parallel()
		d := startWith(t, []string{"LISTEN_FDS=1", "LISTEN_PID=1"}, "serve", "--data", t.TempDir())
		if status, _ := d.request("GET", "/healthz", "", nil); status != 200 {
			t.Error(status)
		}
	})
}
