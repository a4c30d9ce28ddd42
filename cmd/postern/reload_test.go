package main

import (
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hangUp sends SIGHUP and waits for a new log line about it.
func (d *daemon) hangUp(log func() string, says string) {
	d.t.Helper()
	before := strings.Count(log(), says)
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		d.t.Fatal(err)
	}
	eventually(d.t, "the log says "+says, func() bool { return strings.Count(log(), says) > before })
}

func TestHangupReadsTheCertificateAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := selfSigned(t, dir, 1)
	d := start(t, t.TempDir(), "--tls-cert", cert, "--tls-key", key)
	insecure := &tls.Config{InsecureSkipVerify: true}
	served := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(d.base, "https://"), insecure)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	// Several reloads, each immediate: none waits for the next periodic check
	// of the files.
	for number := int64(2); number < 5; number++ {
		selfSigned(t, dir, number)
		d.hangUp(d.log.String, `msg="reloaded after SIGHUP" certificate="read again"`)
		if got := served(); got != number {
			t.Errorf("certificate %d is served, want %d", got, number)
		}
	}
	if err := os.WriteFile(cert, []byte("half a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.hangUp(d.log.String, "certificate=kept")
	if !strings.Contains(d.log.String(), "certificate not reloaded; the previous one stays in use") {
		t.Error("it isn't said why")
	}
	if got := served(); got != 4 {
		t.Errorf("certificate %d is served after a broken one", got)
	}
}

func TestHangupWithNothingToReloadIsLoggedAndSurvived(t *testing.T) {
	t.Parallel()
	d := start(t, t.TempDir())
	for range 3 {
		d.hangUp(d.log.String, `msg="reloaded after SIGHUP" certificate=none log="standard error"`)
		if status, _ := d.request("GET", "/healthz", "", nil); status != 200 {
			t.Errorf("status %d after SIGHUP", status)
		}
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestHangupOpensTheLogFileAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, rotated := filepath.Join(dir, "postern.log"), filepath.Join(dir, "postern.log.1")
	if err := os.WriteFile(file, []byte("from a run before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(path string) func() string {
		return func() string {
			text, _ := os.ReadFile(path)
			return string(text)
		}
	}
	d := startLogged(t, file)
	if !strings.HasPrefix(read(file)(), "from a run before\n") {
		t.Error("the log of the run before was lost")
	}
	if err := os.Rename(file, rotated); err != nil {
		t.Fatal(err)
	}
	d.hangUp(read(file), `msg="reloaded after SIGHUP" certificate=none log="opened again"`)
	if strings.Contains(read(rotated)(), "SIGHUP") || !strings.Contains(read(rotated)(), "postern is serving") {
		t.Errorf("the rotated file has %s", read(rotated)())
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	// A folder in its place can't be written to: the open file goes on.
	if err := os.Rename(file, rotated); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	d.hangUp(read(rotated), "log=kept")
	if code := d.stop(); code != 0 || d.log.String() != "" {
		t.Errorf("exit %d, standard error %q", code, d.log.String())
	}
	if !strings.Contains(read(rotated)(), "postern has stopped") {
		t.Error("the end isn't logged")
	}
}

// startLogged starts a daemon that logs to a file, and waits until it says
// there where it serves.
func startLogged(t *testing.T, file string) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--log-file", file),
		log: &syncBuffer{}}
	d.cmd.Env, d.cmd.Stderr = cleanEnv(), d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
	})
	eventually(t, "it serves", func() bool {
		text, _ := os.ReadFile(file)
		m := servingAt.FindSubmatch(text)
		if m != nil {
			d.base = string(m[1])
		}
		return m != nil
	})
	return d
}

func TestLogFileThatCannotBeOpenedStopsTheStart(t *testing.T) {
	t.Parallel()
	failsWith(t, "log file", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--log-file", filepath.Join(t.TempDir(), "no", "folder"))
}
