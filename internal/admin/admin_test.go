package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/auditlog"
	"postern/internal/store/secretbox"
)

const testVersion = "1.2.3"

var ctx = context.Background()

// serve serves a data folder until the test ends, or until stop is called.
func serve(t *testing.T, dir string) (s Services, stop func()) {
	t.Helper()
	j, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rights, err := access.New(ctx, j, access.Options{}.WithCheapPasswords())
	if err != nil {
		t.Fatal(err)
	}
	s = Services{Store: j, Access: rights}
	server, err := Listen(s, testVersion, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(running) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, j.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

func open(t *testing.T, dir string) *Client {
	t.Helper()
	c, err := Open(ctx, dir, Options{Version: testVersion})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestClient_calls_the_server_or_the_folder(t *testing.T) {
	t.Parallel()
	for _, served := range []bool{true, false} {
		t.Run(map[bool]string{true: "a server runs", false: "no server runs"}[served], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if served {
				serve(t, dir)
			}
			c := open(t, dir)
			password := access.NewSecret("correct horse battery")
			must(t, c.AddAccount(ctx, access.NewAccount{Name: "root", Role: account.Administrator, Password: password}))
			must(t, c.AddAccount(ctx, access.NewAccount{Name: "viv", Role: account.Viewer, Cameras: []string{}, Password: password}))
			must(t, c.SetPassword(ctx, "viv", access.NewSecret("another good one")))
			must(t, c.SetRole(ctx, "viv", account.Operator))
			must(t, c.SetDisabled(ctx, "viv", true))
			accounts, err := c.Accounts(ctx)
			must(t, err)
			if len(accounts) != 2 || !accounts[0].Cameras.All() || accounts[1].Cameras.All() ||
				accounts[1].Role != account.Operator || !accounts[1].Disabled() || accounts[0].PasswordAt.IsZero() {
				t.Errorf("the accounts are %+v", accounts)
			}
			must(t, c.SetCameras(ctx, "viv", []string{"dock", "lobby"}))
			if accounts, err = c.Accounts(ctx); err != nil || !reflect.DeepEqual(accounts[1].Cameras, account.OnlyCameras("dock", "lobby")) {
				t.Errorf("the accounts are %+v, %v", accounts, err)
			}
			must(t, c.SetCameras(ctx, "viv", nil))
			must(t, c.RemoveAccount(ctx, "viv"))
			if err := c.RemoveAccount(ctx, "root"); err == nil || !strings.Contains(err.Error(), "last administrator") {
				t.Errorf("removing the last administrator: %v", err)
			}
			expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
			key, err := c.AddKey(ctx, access.NewKey{Name: "engine", Scopes: []account.Scope{account.ScopeIngest}, Site: "hall", ExpiresAt: expires})
			must(t, err)
			keys, err := c.Keys(ctx)
			must(t, err)
			if len(keys) != 1 || !strings.HasPrefix(key.Reveal(), keys[0].Hint) || !keys[0].ExpiresAt.Equal(expires) ||
				!keys[0].Cameras.All() || !keys[0].UsedAt.IsZero() {
				t.Errorf("the keys are %+v", keys)
			}
			must(t, c.RevokeKey(ctx, "engine"))
			must(t, c.RecordBackup(ctx, "/backups/b", 7))
			if held, err := c.ConfirmClock(ctx); err != nil || held {
				t.Errorf("the clock was in doubt: %t, %v", held, err)
			}
			if v, err := c.VerifyData(ctx, 0); err != nil || !v.Whole() {
				t.Errorf("VerifyData: %+v, %v", v, err)
			}
			entries, err := c.Audit(ctx, auditlog.Query{Action: "backup.take"})
			must(t, err)
			if len(entries) != 1 || entries[0].Actor != Actor().Name || entries[0].ActorKind != "console" ||
				entries[0].Target != "/backups/b" || entries[0].Details != `{"events":7}` {
				t.Errorf("the audit has %+v", entries)
			}
			report, err := c.VerifyAudit(ctx, access.Mark{N: entries[0].N, Hash: entries[0].Hash})
			if err != nil || report.Entries != 14 {
				t.Errorf("VerifyAudit: %+v, %v", report, err)
			}
			if _, err := c.VerifyAudit(ctx, access.Mark{N: 1}); err == nil || !strings.Contains(err.Error(), "entry 1") {
				t.Errorf("a mark of another audit: %v", err)
			}
		})
	}
}

func TestClient_refuses_another_version_and_another_key(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, dir)
	for _, c := range []struct {
		opts Options
		says string
	}{
		{Options{Version: "9.9.9"}, "version 1.2.3, and this command is version"},
		{Options{Version: testVersion, Key: make([]byte, secretbox.KeyBytes)}, "key doesn't fit"},
	} {
		if _, err := Open(ctx, dir, c.opts); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.opts, err, c.says)
		}
	}
	key, err := os.ReadFile(filepath.Join(dir, secretbox.KeyFile))
	must(t, err)
	right, err := secretbox.ParseKey(string(key))
	must(t, err)
	c, err := Open(ctx, dir, Options{Version: testVersion, Key: right})
	must(t, err)
	must(t, c.Close())
}

func TestClient_waits_for_another_command_and_for_a_server_that_starts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := open(t, dir)
	added := make(chan error, 1)
	go func() {
		c, err := Open(ctx, dir, Options{Version: testVersion})
		if err == nil {
			_, err = c.AddKey(ctx, access.NewKey{Name: "waited", Scopes: []account.Scope{account.ScopeRead}})
			err = errors.Join(err, c.Close())
		}
		added <- err
	}()
	_, err := other.AddKey(ctx, access.NewKey{Name: "first", Scopes: []account.Scope{account.ScopeRead}})
	must(t, err)
	must(t, other.Close())
	serve(t, dir)
	must(t, <-added)
	c := open(t, dir)
	if keys, err := c.Keys(ctx); err != nil || len(keys) != 2 {
		t.Errorf("the keys are %+v, %v", keys, err)
	}
}

func TestServer_listens_for_its_own_user_only_and_leaves_no_socket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("a-long-path/", 12)) // longer than sun_path
	_, stop := serve(t, dir)
	path := filepath.Join(dir, SocketFile)
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket is %v, %v", info, err)
	}
	if _, err := open(t, dir).Keys(ctx); err != nil {
		t.Error(err)
	}
	stop()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
	open(t, dir)
}

func TestServer_replaces_a_socket_that_was_left_and_nothing_else(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left, err := listen(dir)
	must(t, err)
	must(t, left.Close()) // as a killed process does: the file stays
	_, stop := serve(t, dir)
	if _, err := open(t, dir).Keys(ctx); err != nil {
		t.Error(err)
	}
	stop()
	path := filepath.Join(dir, SocketFile)
	must(t, os.WriteFile(path, []byte("mine"), 0o600))
	if _, err := listen(dir); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("over a file: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Errorf("the file has %q, %v", b, err)
	}
}

func TestServer_bounds_requests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, dir)
	c := open(t, dir)
	err := c.SetCameras(ctx, "viv", []string{strings.Repeat("x", maxRequestBytes)})
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a request of more than a MiB: %v", err)
	}
	if err := tell(ctx, c, "no/such/call", nothing{}); err == nil || !strings.Contains(err.Error(), "no call") {
		t.Errorf("an unknown call: %v", err)
	}
	// The connections that are open are served; the next one waits for its turn.
	var idle []net.Conn
	for range maxConnections {
		conn, err := dial(ctx, dir, os.Geteuid())
		must(t, err)
		idle = append(idle, conn)
	}
	bounded, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if _, err := connect(bounded, dir, Options{Version: testVersion, hello: helloTimeout}); err == nil || errors.Is(err, errSilent) {
		t.Errorf("it serves more connections than it may: %v", err)
	}
	if _, err := Open(ctx, dir, Options{Version: testVersion, hello: 200 * time.Millisecond}); err == nil ||
		err.Error() != "The Postern that serves this folder doesn't answer." {
		t.Errorf("a command whose connection isn't served says %v", err)
	}
	for _, conn := range idle {
		must(t, conn.Close())
	}
	if _, err := open(t, dir).Keys(ctx); err != nil {
		t.Error(err)
	}
}

// A server that is stopped has a socket that takes connections all the same.
func TestOpen_says_that_the_server_does_not_answer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stopped, err := listen(dir)
	must(t, err)
	defer stopped.Close()
	if _, err := Open(ctx, dir, Options{Version: testVersion, hello: 100 * time.Millisecond}); !errors.Is(err, errSilent) ||
		err.Error() != "The Postern that serves this folder doesn't answer." {
		t.Errorf("Open: %v", err)
	}
	interrupted, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = Open(interrupted, dir, Options{Version: testVersion})
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSilent) {
		t.Errorf("an interrupted command: %v", err)
	}
}

func TestClient_sends_nothing_to_another_users_socket(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this system doesn't tell whose the other end is")
	}
	dir := t.TempDir()
	other, err := listen(dir)
	must(t, err)
	defer other.Close()
	if _, err := dial(ctx, dir, os.Geteuid()+1); !errors.Is(err, errForeign) {
		t.Errorf("dial: %v", err)
	}
	foreign := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dial(ctx, dir, os.Geteuid()+1)
	}}
	if _, err := post(ctx, foreign, "hello", nil, Options{}); !errors.Is(err, errForeign) || errors.Is(err, errNoAnswer) {
		t.Errorf("post: %v", err)
	}
}

// Postern goes on without commands.
func TestServer_goes_on_where_its_socket_fails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := store.Open(ctx, dir, store.Options{})
	must(t, err)
	defer j.Close()
	log := make(logged, 1)
	server, err := Listen(Services{Store: j}, testVersion, slog.New(slog.NewTextHandler(log, nil)))
	must(t, err)
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(running) }()
	must(t, server.socket.Close())
	if line := <-log; !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "serve commands") {
		t.Errorf("it logs %q", line)
	}
	if _, err := os.Lstat(filepath.Join(dir, SocketFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
	select {
	case err := <-ended:
		t.Fatalf("Run ends before Postern: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	must(t, <-ended)
}

// logged takes lines of a log.
type logged chan string

func (l logged) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestServer_refuses_a_request_without_a_version(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := serve(t, dir)
	h := http.Header{}
	if err := (&Server{services: s, version: testVersion}).check(h); err == nil {
		t.Error("a request without a version is answered")
	}
}

// TestServer_takes_changes_while_it_is_busy_writing has several commands change
// keys at once, while events are appended back to back.
func TestServer_takes_changes_while_it_is_busy_writing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := serve(t, dir)
	appending, cancel := context.WithCancel(ctx)
	var writing, changing sync.WaitGroup
	writing.Go(func() {
		for appending.Err() == nil {
			events, err := event.Decode([]byte(`[{"type":"line_crossed","source":"load"},{"type":"line_crossed","source":"load"}]`), time.Now())
			if err == nil {
				err = s.Store.Append(ctx, []*event.Batch{{Events: events}})
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	const commands, changes = 3, 10
	for n := range commands {
		c := open(t, dir)
		changing.Go(func() {
			for i := range changes {
				if _, err := c.AddKey(ctx, access.NewKey{Name: fmt.Sprintf("k%d-%d", n, i), Scopes: []account.Scope{account.ScopeRead}}); err != nil {
					t.Errorf("command %d: %v", n, err)
				}
			}
		})
	}
	changing.Wait()
	cancel()
	writing.Wait()
	c := open(t, dir)
	if keys, err := c.Keys(ctx); err != nil || len(keys) != commands*changes {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if report, err := c.VerifyAudit(ctx, access.Mark{}); err != nil || report.Entries != commands*changes+1 {
		t.Errorf("VerifyAudit: %+v, %v", report, err)
	}
	if s.Store.Head() == 0 {
		t.Error("no events were appended")
	}
}
