package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"postern/internal/access"
	"postern/internal/admin"
	"postern/internal/store"
)

const testPassword = "correct horse battery"

// typed runs postern with something piped in.
func typed(t *testing.T, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = cleanEnv()
	cmd.Stdin = strings.NewReader(input)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// works runs postern, which must succeed, and returns what it prints.
func works(t *testing.T, input, data string, args ...string) string {
	t.Helper()
	code, out, complaint := typed(t, input, append(args, "--data", data)...)
	if code != 0 {
		t.Fatalf("%q: exit %d, %s", args, code, complaint)
	}
	return out
}

// refuses runs postern, which must fail with one line that says words.
func refuses(t *testing.T, wantCode int, input, data string, says string, args ...string) {
	t.Helper()
	code, out, complaint := typed(t, input, append(args, "--data", data)...)
	if code != wantCode || out != "" || strings.Count(complaint, "\n") != 1 || !strings.Contains(complaint, says) {
		t.Errorf("%q: exit %d, stdout %q, stderr %q; want exit %d and %q", args, code, out, complaint, wantCode, says)
	}
}

func TestAccountsAndKeysByCommand(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	refuses(t, 1, "", data, "no password on standard input", "user", "add", "root", "--role", "administrator")
	refuses(t, 1, "short\n", data, "at least 10", "user", "add", "root", "--role", "administrator")
	refuses(t, 1, testPassword, data, "name: The name must be", "user", "add", "two words", "--role", "viewer")
	refuses(t, 2, testPassword, data, "--role", "user", "add", "root")
	refuses(t, 2, testPassword, data, "--role", "user", "add", "root", "--role", "king")
	refuses(t, 2, "", data, "--password", "user", "add", "root", "--role", "viewer", "--password", testPassword)
	works(t, testPassword+"\r\n", data, "user", "add", "root", "--role", "administrator")
	refuses(t, 1, testPassword, data, "ROOT already", "user", "add", "ROOT", "--role", "viewer")
	made := works(t, "", data, "user", "add", "viv", "--role", "viewer", "--camera", "lobby, left", "--camera", "dock", "--generate")
	if !regexp.MustCompile(`shown this once: \w{24}\n$`).MatchString(made) {
		t.Errorf("it prints %q", made)
	}
	list := works(t, "", data, "user", "list")
	for _, row := range []string{`root +administrator +all +enabled +0 +never`, `viv +viewer +dock, lobby, left +enabled +0 +never`} {
		if !regexp.MustCompile(row).MatchString(list) {
			t.Errorf("the list lacks %q:\n%s", row, list)
		}
	}
	refuses(t, 1, "", data, "last administrator", "user", "remove", "root")
	refuses(t, 1, "", data, "cameras", "user", "role", "viv", "administrator")
	refuses(t, 2, "", data, "--all", "user", "cameras", "viv")
	refuses(t, 2, "", data, "--all", "user", "cameras", "viv", "--all", "--camera", "x")
	works(t, "", data, "user", "cameras", "viv", "--all")
	works(t, "", data, "user", "role", "viv", "operator")
	works(t, "another good one", data, "user", "password", "viv")
	works(t, "", data, "user", "disable", "viv")
	if list := works(t, "", data, "user", "list"); !regexp.MustCompile(`viv +operator +all +disabled`).MatchString(list) {
		t.Errorf("the list is\n%s", list)
	}
	works(t, "", data, "user", "enable", "viv")
	works(t, "", data, "user", "remove", "viv")
	refuses(t, 1, "", data, "no account viv", "user", "disable", "viv")

	refuses(t, 2, "", data, "--scope", "key", "add", "engine")
	refuses(t, 2, "", data, "ingest, read, snapshots, manage, monitor", "key", "add", "engine", "--scope", "root")
	refuses(t, 2, "", data, "--expires", "key", "add", "engine", "--scope", "read", "--expires", "soon")
	for _, over := range []string{"0d", "0s"} { // not a key that never expires
		refuses(t, 2, "", data, "--expires", "key", "add", "engine", "--scope", "read", "--expires", over)
	}
	key := works(t, "", data, "key", "add", "engine", "--scope", "ingest,read", "--camera", "lobby", "--expires", "90d")
	if !regexp.MustCompile(`^pst_[0-9A-Za-z]{49}\n$`).MatchString(key) {
		t.Errorf("it prints %q", key)
	}
	if list := works(t, "", data, "key", "list"); !regexp.MustCompile(`engine +`+key[:8]+
		`… +ingest,read +lobby +engine +- +20\d\d-\S+ \S+ +never`).MatchString(list) || strings.Contains(list, key[8:20]) {
		t.Errorf("the list is\n%s", list)
	}
	works(t, "", data, "key", "revoke", "engine")
	refuses(t, 1, "", data, "site: The site needs the scope ingest", "key", "add", "reader", "--scope", "read", "--site", "hall-b")
	works(t, "", data, "key", "add", "engine-2", "--scope", "ingest", "--producer", "engine", "--site", "hall-b")
	if list := works(t, "", data, "key",
		"list"); !regexp.MustCompile(`engine-2 .* ingest +all +engine +hall-b +never +never`).MatchString(list) {
		t.Errorf("the list is\n%s", list)
	}
	refuses(t, 1, "", data, "no key engine", "key", "revoke", "engine")

	audit := works(t, "", data, "audit", "list")
	if lines := strings.Count(audit, "\n"); lines != 13 || !strings.Contains(audit, "key.revoke") || strings.Contains(audit, testPassword) ||
		strings.Contains(audit, key[8:20]) {
		t.Errorf("the audit has %d lines:\n%s", lines, audit)
	}
	if audit := works(t, "", data, "audit", "list", "--action", "user."); strings.Count(audit, "\n") != 1 {
		t.Errorf("of what isn't there it lists\n%s", audit)
	}
	if audit := works(t, "", data, "audit", "list", "--action", "account.", "--limit", "2", "--since",
		"2020-01-01T00:00:00Z"); strings.Count(audit, "\n") != 3 || !strings.Contains(audit, "account.remove") {
		t.Errorf("a page is\n%s", audit)
	}
	refuses(t, 2, "", data, "--limit", "audit", "list", "--limit", "501")
	for _, since := range []string{"-1h", "today-14:00", "1774180800", "1774180800000.5"} {
		if audit := works(t, "", data, "audit", "list", "--since="+since); strings.Count(audit, "\n") < 3 {
			t.Errorf("since %s:\n%s", since, audit)
		}
	}
	refuses(t, 2, "", data, "--since", "audit", "list", "--since", "yesterday")
	refuses(t, 2, "", data, "mark", "audit", "verify", "--mark", "12")
	if info, err := os.Stat(filepath.Join(data, "postern.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the store has the rights %v, %v", info.Mode(), err)
	}
}

func TestAuditVerifyNamesTheEntryThatWasChanged(t *testing.T) {
	data := t.TempDir()
	works(t, testPassword, data, "user", "add", "root", "--role", "administrator")
	works(t, "", data, "key", "add", "engine", "--scope", "read")
	report := works(t, "", data, "audit", "verify")
	m := regexp.MustCompile(`^The audit is whole: 3 entries, 1 to 3, since .*\nIts mark, to note elsewhere: ` +
		`(3:[0-9a-f]{64})\n$`).FindStringSubmatch(report)
	if m == nil {
		t.Fatalf("it says %q", report)
	}
	works(t, "", data, "key", "revoke", "engine")
	refuses(t, 1, "", data, "site: The site needs the scope ingest", "key", "add", "reader", "--scope", "read", "--site", "hall-b")
	works(t, "", data, "key", "add", "engine-2", "--scope", "ingest", "--producer", "engine", "--site", "hall-b")
	if list := works(t, "", data, "key",
		"list"); !regexp.MustCompile(`engine-2 .* ingest +all +engine +hall-b +never +never`).MatchString(list) {
		t.Errorf("the list is\n%s", list)
	}
	works(t, "", data, "audit", "verify", "--mark", m[1])
	refuses(t, 1, "", data, "entry 3", "audit", "verify", "--mark", "3:"+strings.Repeat("0", 64))
	db, err := sql.Open("sqlite", filepath.Join(data, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE audit SET target = 'mallory' || char(27) || '[2J' WHERE n = 2`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	refuses(t, 1, "", data, "entry 2", "audit", "verify")
	// Nor can it act on the terminal.
	if list := works(t, "", data, "audit", "list"); !strings.Contains(list, "mallory") || strings.Contains(list, "\x1b") {
		t.Errorf("it lists %q", list)
	}
}

func TestAccessCommandsWorkBesideAServerUnderLoad(t *testing.T) {
	data := t.TempDir()
	d := start(t, data)
	ctx, cancel := context.WithCancel(context.Background())
	var posting sync.WaitGroup
	accepted := 0
	posting.Go(func() {
		body := "[" + strings.Repeat(`{"type":"line_crossed","source":"load"},`, 200) + `{"type":"line_crossed","source":"load"}]`
		for ctx.Err() == nil {
			if status, _ := d.request("POST", "/api/v1/events", body, nil); status != 202 {
				t.Errorf("status %d", status)
				return
			}
			accepted++
		}
	})
	works(t, testPassword, data, "user", "add", "root", "--role", "administrator")
	for i := range 5 {
		name := fmt.Sprintf("engine%d", i)
		works(t, "", data, "key", "add", name, "--scope", "ingest")
		works(t, "", data, "key", "revoke", name)
	}
	works(t, "", data, "audit", "verify")
	cancel()
	posting.Wait()
	var page []struct{ ID string }
	if status, _ := d.request("GET", "/readyz", "", &struct{}{}); status != 200 || accepted == 0 {
		t.Errorf("readyz says %d after %d requests", status, accepted)
	}
	if d.request("GET", "/api/v1/events/recent?limit=1000", "", &page); len(page) == 0 {
		t.Error("there are no events")
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if report := works(t, "", data, "audit", "verify"); !strings.Contains(report, "12 entries") {
		t.Errorf("it says %q", report)
	}
}

// TestCommands_work_after_the_server_was_killed_and_while_it_starts runs a
// command against a socket that nobody listens on, and against a server that
// hasn't made its socket yet.
func TestCommands_work_after_the_server_was_killed_and_while_it_starts(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), strings.Repeat("a-long-path/", 12)) // longer than sun_path
	d := start(t, data)
	works(t, "", data, "key", "add", "before", "--scope", "read")
	d.kill()
	if info, err := os.Lstat(filepath.Join(data, admin.SocketFile)); err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Fatalf("the socket of the killed server: %v, %v", info, err)
	}
	works(t, "", data, "key", "add", "between", "--scope", "read")
	starting := make(chan *daemon)
	go func() { starting <- start(t, data) }()
	works(t, "", data, "key", "add", "while", "--scope", "read")
	d = <-starting
	works(t, "", data, "key", "add", "after", "--scope", "read")
	list := works(t, "", data, "key", "list")
	for _, name := range []string{"before", "between", "while", "after"} {
		if !strings.Contains(list, "\n"+name+" ") {
			t.Errorf("the key %q is missing:\n%s", name, list)
		}
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Lstat(filepath.Join(data, admin.SocketFile)); err == nil {
		t.Error("the socket is left behind")
	}
}

// TestRevokingByCommandEndsWhatIsOpen has the serving side in the test, and
// the command as a process of its own.
func TestRevokingByCommandEndsWhatIsOpen(t *testing.T) {
	data := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	j, err := store.Open(ctx, data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	s, err := access.New(ctx, j, access.Options{})
	if err != nil {
		t.Fatal(err)
	}
	commands, err := admin.Listen(admin.Services{Store: j, Access: s}, version, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	running, runCtx := errgroup.WithContext(ctx)
	running.Go(func() error { return s.Run(runCtx) })
	running.Go(func() error { return commands.Run(runCtx) })
	defer func() {
		cancel()
		if err := running.Wait(); err != nil {
			t.Error(err)
		}
	}()
	works(t, testPassword, data, "user", "add", "root", "--role", "administrator")
	works(t, testPassword, data, "user", "add", "viv", "--role", "viewer")
	key := access.NewSecret(strings.TrimSpace(works(t, "", data, "key", "add", "engine", "--scope", "ingest")))
	var program access.Principal
	eventually(t, "the new key is known", func() bool {
		program, err = s.Key(ctx, key)
		return err == nil
	})
	id, person, err := s.SignIn(ctx, access.SignIn{Name: "viv", Password: access.NewSecret(testPassword)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		p    access.Principal
	}{{[]string{"key", "revoke", "engine"}, program}, {[]string{"user", "disable", "viv"}, person}} {
		works(t, "", data, c.args...)
		select {
		case <-c.p.Done():
		case <-time.After(30 * time.Second):
			t.Errorf("%q: the right still holds", c.args)
		}
	}
	if _, err := s.Key(ctx, key); err == nil {
		t.Error("the key is still taken")
	}
	if _, err := s.Session(ctx, id); err == nil {
		t.Error("the session is still taken")
	}
}

func TestAccessCommandsNeedTheRightKey(t *testing.T) {
	data := t.TempDir()
	d := start(t, data)
	code, _, complaint := command(t, []string{"POSTERN_KEY=" + strings.Repeat("A", 43) + "="}, "user", "list", "--data", data)
	if code != 1 || !strings.Contains(complaint, "key doesn't fit") {
		t.Errorf("exit %d, %s", code, complaint)
	}
	if status, _ := d.request("GET", "/healthz", "", nil); status != 200 {
		t.Errorf("healthz says %d", status)
	}
}
