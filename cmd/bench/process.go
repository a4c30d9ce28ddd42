package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a child that serves: Postern, or a limit.
type process struct {
	cmd  *exec.Cmd
	addr string // at which it listens; empty if it doesn't
	out  *bufio.Reader
	log  *bytes.Buffer
}

// startTime bounds how long a child takes to listen, and to stop.
const startTime = 30 * time.Second

// role starts this program again as one of the limits. The first line of its output
// is its address.
func (b *bench) role(name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := b.start(self, append([]string{"role", name}, args...)...)
	if err != nil {
		return nil, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", name, err), p.stop())
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

func (b *bench) start(path string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(b.ctx, path, args...), log: &bytes.Buffer{}}
	p.cmd.Stderr = p.log
	dieAlong(p.cmd)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

// postern starts the binary on a data folder and waits until it answers. With under,
// the binary and its flags are the arguments of that command.
func (b *bench) postern(dir string, under []string, flags ...string) (*process, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	command := append(slices.Clone(under), b.opts.Postern, "serve", "--listen", addr, "--data", dir,
		"--allow-http", "--allow-target", "127.0.0.0/8", "--retain-bytes", "200GiB")
	p, err := b.start(command[0], append(command[1:], flags...)...)
	if err != nil {
		return nil, err
	}
	p.addr = addr
	go func() { _, _ = io.Copy(io.Discard, p.out) }()
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		res, err := http.Get("http://" + addr + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return p, nil
			}
		}
		if p.cmd.ProcessState != nil {
			break
		}
	}
	return nil, errors.Join(fmt.Errorf("postern did not start: %s", p.log), p.stop())
}

// freeAddress returns an address with an unused port.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// stop ends the process as an operator does.
func (p *process) stop() error {
	if p == nil || p.cmd.Process == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(startTime, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
		return nil
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w: %s", filepath.Base(p.cmd.Path), err, p.log)
	}
	return nil
}

// cpuStep is the resolution of the kernel's processor times.
const cpuStep = 10 * time.Millisecond

// cpu returns the processor time that the process has used.
func (p *process) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// After the name, which may have any characters, the 12th and 13th fields are
	// the time in user and kernel mode, in hundredths of a second.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * cpuStep
}

// memory returns the present and the peak resident memory in MiB.
func (p *process) memory() (now, peak float64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmRSS":
			now = kb / 1024
		case "VmHWM":
			peak = kb / 1024
		}
	}
	return now, peak
}
