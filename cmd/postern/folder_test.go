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

// TestFirstStartInAFolderOfAnotherUser starts Postern as a user of its own on
// folders that root has made, as containers and services do, and does what it
// says.
func TestFirstStartInAFolderOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root may start it as another user")
	}
	const uid, gid = 64321, 64322
	place, err := os.MkdirTemp("/tmp", "folder") // a folder that other users may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(place) })
	program := filepath.Join(place, "postern")
	if err := os.Chmod(place, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyInto(binary, program, 0o755); err != nil {
		t.Fatal(err)
	}
	serve := func(dir string) *exec.Cmd {
		cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", dir)
		cmd.Env, cmd.Dir = cleanEnv(), "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
		return cmd
	}
	must := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		make func(dir string)
		says []string
		help bool // whether the error names a command that helps
	}{
		"empty":  {func(dir string) { must(os.Mkdir(dir, 0o755)) }, []string{"belongs to uid 0", "chown -R 64321:64322 "}, true},
		"closed": {func(dir string) { must(os.Mkdir(dir, 0o700)) }, []string{"belongs to uid 0", "chown -R 64321:64322 "}, true},
		"not there": {func(string) {}, []string{"may not use " + place, "belongs to uid 0", "mkdir -p ",
			"chown -R 64321:64322 "}, true},
		"another's": {func(dir string) { must(os.Mkdir(dir, 0o755), os.Chown(dir, 12345, 12345)) },
			[]string{"belongs to uid 12345", "chown -R 64321:64322 "}, true},
		"with blanks, 'quote": {func(dir string) { must(os.Mkdir(dir, 0o755)) }, []string{"belongs to uid 0", `'\''quote'`}, true},
		"with root's store": {func(dir string) {
			must(os.Mkdir(dir, 0o755), os.Chown(dir, uid, gid))
			must(os.WriteFile(filepath.Join(dir, "postern.db"), nil, 0o600))
		}, []string{"postern.db, which belongs to uid 0", "chown -R 64321:64322 "}, true},
		"with root's open store": {func(dir string) { // it may be written, but its mode may not be changed
			must(os.Mkdir(dir, 0o755), os.Chown(dir, uid, gid))
			must(os.WriteFile(filepath.Join(dir, "postern.db"), nil, 0o666), os.Chmod(filepath.Join(dir, "postern.db"), 0o666))
		}, []string{"postern.db, which belongs to uid 0", "chown -R 64321:64322 "}, true},
		"with root's lock": {func(dir string) {
			must(os.Mkdir(dir, 0o755), os.Chown(dir, uid, gid))
			must(os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600))
		}, []string{"lock, which belongs to uid 0", "chown -R 64321:64322 "}, true},
		"with root's key": {func(dir string) {
			must(os.Mkdir(dir, 0o755), os.Chown(dir, uid, gid))
			must(os.WriteFile(filepath.Join(dir, "secret.key"), nil, 0o600))
		}, []string{"secret.key, which belongs to uid 0", "chown -R 64321:64322 "}, true},
		"its own, read-only": {func(dir string) { must(os.Mkdir(dir, 0o500), os.Chown(dir, uid, gid)) },
			[]string{"belongs to uid 64321", "chmod -R u+rwX "}, true},
		"closed/within": {func(dir string) { must(os.Mkdir(filepath.Dir(dir), 0o700)) },
			[]string{"may not enter", "belongs to uid 0", "--data"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(place, name)
			if name == "closed/within" {
				dir = filepath.Join(place, "shut", "within")
			}
			c.make(dir)
			out, err := serve(dir).CombinedOutput()
			said := strings.TrimSpace(string(out))
			for _, word := range append(c.says, "uid 64321") {
				if err == nil || !strings.Contains(said, word) {
					t.Errorf("%v, and it doesn't say %q: %s", err, word, said)
				}
			}
			_, help, found := strings.Cut(said, "run: ")
			if found != c.help {
				t.Errorf("a command: %v, want %v: %s", found, c.help, said)
			}
			if !c.help {
				return
			}
			if out, err := exec.Command("sh", "-c", help).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", help, err, out)
			}
			if name == "with root's key" { // an invalid key
				must(os.Remove(filepath.Join(dir, "secret.key")))
			}
			cmd, log := serve(dir), &syncBuffer{}
			cmd.Stderr = log
			must(cmd.Start())
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			eventually(t, fmt.Sprintf("after %s it serves", help), func() bool { return strings.Contains(log.String(), "postern is serving") })
		})
	}
}
