package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runTools runs scripts/tools.sh on a machine that has no program except the
// named ones. It returns the script's output, the calls of apt-get, and the
// script's error.
func runTools(t *testing.T, user string, installed []string, env ...string) (output, calls string, err error) {
	t.Helper()
	bin := t.TempDir()
	log := filepath.Join(bin, "calls")
	programs := map[string]string{"id": "echo " + user, "uname": "echo Linux", "apt-get": `echo "$@" >>` + log}
	for _, program := range installed {
		programs[program] = ""
	}
	for name, script := range programs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range []string{"rm", "chmod"} {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, program)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/sh", "../../scripts/tools.sh")
	cmd.Env = append([]string{"PATH=" + bin, "POSTERN_POLICY_FILE=" + filepath.Join(bin, "policy")}, env...)
	out, err := cmd.CombinedOutput()
	text, readErr := os.ReadFile(log)
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	if _, err := os.Stat(filepath.Join(bin, "policy")); !os.IsNotExist(err) {
		t.Errorf("the policy file is still there: %v", err)
	}
	return string(out), string(text), err
}

func TestTools_InstallOnlyWhatIsMissingAndSayWhy(t *testing.T) {
	t.Parallel()
	all := []string{"curl", "git", "chromium", "strace", "nginx", "caddy", "promtool"}
	if _, err := os.Stat("/usr/sbin/nginx"); err == nil { // the script finds it there
		t.Log("nginx is in /usr/sbin")
	}
	for name, tc := range map[string]struct {
		user      string
		installed []string
		env       []string
		fails     bool
		says      []string
		installs  string
	}{
		"nothing is missing": {user: "0", installed: all},
		"as root": {user: "0", installed: all[:5],
			says:     []string{"caddy: serves the other example", "prometheus: checks the alert rules", "POSTERN_NO_INSTALL=1"},
			installs: " caddy prometheus "},
		"as another user": {user: "1000", installed: all[:5], fails: true,
			says: []string{"caddy: serves the other example", "apt-get install --no-install-recommends caddy prometheus", "POSTERN_NO_INSTALL=1"}},
		"told to install nothing": {user: "0", installed: all[:5], env: []string{"POSTERN_NO_INSTALL=1"},
			says: []string{"Tests that need these can't run", "caddy: serves the other example", "prometheus: checks the alert rules"}},
		"told to install nothing, and nothing is missing": {user: "0", installed: all, env: []string{"POSTERN_NO_INSTALL=1"}},
		"told so as another user": {user: "1000", installed: all[1:], env: []string{"POSTERN_NO_INSTALL=1"},
			says: []string{"curl: runs the commands in the documentation"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, calls, err := runTools(t, tc.user, tc.installed, tc.env...)
			if (err != nil) != tc.fails {
				t.Errorf("error %v: %s", err, output)
			}
			for _, text := range tc.says {
				if !strings.Contains(output, text) {
					t.Errorf("the output lacks %q: %s", text, output)
				}
			}
			if tc.says == nil && output != "" {
				t.Errorf("the output is %q, want none", output)
			}
			if tc.installs == "" && calls != "" || !strings.Contains(calls, tc.installs) {
				t.Errorf("apt-get was called with %q, want %q", calls, tc.installs)
			}
		})
	}
}
