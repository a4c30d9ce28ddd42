package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A core dump would hold every secret, and so would the memory that another
// process of the same user reads.
func TestMemoryStaysPrivate(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err == nil && limit.Max > 0 {
		was := limit
		limit.Cur = limit.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &was) })
	}
	d := start(t, t.TempDir())
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	core := ""
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			core = strings.Join(strings.Fields(rest), " ")
		}
	}
	if core != "0 0 bytes" {
		t.Errorf("the limit of core files is %q", core)
	}
	if err := d.cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	_ = d.cmd.Wait()
	if status := d.cmd.ProcessState.Sys().(syscall.WaitStatus); status.CoreDump() {
		t.Error("it dumped core")
	}
}

// The system gives what is in /proc of a process that can't be dumped to root,
// whoever runs it: nobody else attaches to it or reads its memory.
func TestOthersCannotReadTheProcess(t *testing.T) {
	data := t.TempDir()
	const nobody = 65534
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", data)
	owner := os.Getuid()
	if owner == 0 {
		// Root owns its processes either way, so another user runs this one.
		owner = nobody
		copied := filepath.Join(t.TempDir(), "postern")
		program, err := os.ReadFile(binary)
		if err == nil {
			err = os.WriteFile(copied, program, 0o755)
		}
		for dir := filepath.Dir(copied); err == nil && strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
			err = os.Chmod(dir, 0o755)
		}
		if err == nil {
			err = os.Chown(data, nobody, nobody)
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path = copied
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Env, cmd.Dir = cleanEnv(), "/"
	log := &syncBuffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, "it serves", func() bool { return strings.Contains(log.String(), "postern is serving") })
	for _, name := range []string{"environ", "mem", "maps"} {
		info, err := os.Stat(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 0 {
			t.Errorf("%s belongs to user %d, who is %d", name, uid, owner)
		}
	}
}
