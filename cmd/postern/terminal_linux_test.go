package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// openTerminal makes a pseudo-terminal: what is written to keyboard is typed
// on screen's other side, and what it shows can be read from keyboard.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	var locked, number int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &locked, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, keyboard.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return keyboard, terminal
}

// atTerminal runs postern on a terminal and types each answer once its
// question stands there. It returns all that the terminal has shown.
func atTerminal(t *testing.T, answers [][2]string, args ...string) (code int, shown string) {
	t.Helper()
	keyboard, terminal := openTerminal(t)
	cmd := exec.Command(binary, args...)
	cmd.Env = cleanEnv()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := &syncBuffer{}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(screen, keyboard) // ends when the terminal is closed
	}()
	for _, a := range answers {
		eventually(t, "it asks "+a[0], func() bool { return strings.Contains(screen.String(), a[0]) })
		if _, err := keyboard.WriteString(a[1]); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	terminal.Close()
	<-read
	return cmd.ProcessState.ExitCode(), screen.String()
}

func TestAPasswordIsAskedForTwiceAndNotShown(t *testing.T) {
	data := t.TempDir()
	add := []string{"user", "add", "root", "--role", "administrator", "--data", data}
	code, shown := atTerminal(t, [][2]string{{"Password for root:", testPassword + "\r"}, {"Once more:", testPassword + "\r"}}, add...)
	if code != 0 || !strings.Contains(shown, "Added root") || strings.Contains(shown, "horse") {
		t.Errorf("exit %d; it shows %q", code, shown)
	}
	password := []string{"user", "password", "root", "--data", data}
	for _, c := range []struct {
		answers [][2]string
		says    string
	}{
		{[][2]string{{"Password for root:", "another good one\r"}, {"Once more:", "another good two\r"}}, "not the same"},
		{[][2]string{{"Password for root:", "short\r"}}, "at least 10"},
		{[][2]string{{"Password for root:", "\x03"}}, "interrupted"},
		{[][2]string{{"Password for root:", "half a\x04\x03"}}, "interrupted"},
	} {
		code, shown := atTerminal(t, c.answers, password...)
		if code != 1 || !strings.Contains(shown, c.says) || strings.Contains(shown, "good") || strings.Contains(shown, "half") {
			t.Errorf("exit %d; it shows %q, want %q", code, shown, c.says)
		}
	}
	if list := works(t, "", data, "audit", "list", "--action", "account.password"); strings.Count(list, "\n") != 1 {
		t.Errorf("a password was set:\n%s", list)
	}
}
