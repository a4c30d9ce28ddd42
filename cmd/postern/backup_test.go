package main

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestBackupUnderLoadIsRestoredWhole takes a backup of the real program while
// producers post, and starts another one from it.
func TestBackupUnderLoadIsRestoredWhole(t *testing.T) {
	t.Parallel()
	received := make(chan http.Header, 100_000)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		received <- r.Header
	}))
	defer receiver.Close()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.0/8"}
	data := t.TempDir()
	d := start(t, data, flags...)
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+
		`","event_types":["watchlist_alert"],"secret":"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}`, nil)
	var hooks []struct{ ID, URL, CreatedAt string }
	d.request("GET", "/api/v1/events/webhooks", "", &hooks)

	var mu sync.Mutex
	accepted, stop := map[string]bool{}, make(chan struct{})
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(accepted)
	}
	var posting sync.WaitGroup
	for p := range 4 {
		posting.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("b%d-%d", p, n)
				status, _, err := d.try("POST", "/api/v1/events",
					`{"id":"`+id+`","type":"person_entered","source":"load","data":{"pad":"`+strings.Repeat("x", 2000)+`"}}`, nil)
				if err != nil || status != http.StatusAccepted {
					t.Errorf("status %d, %v", status, err)
					return
				}
				mu.Lock()
				accepted[id] = true
				mu.Unlock()
			}
		})
	}
	eventually(t, "a load", func() bool { return count() > 500 })
	mu.Lock()
	before := make(map[string]bool)
	for id := range accepted {
		before[id] = true
	}
	mu.Unlock()
	file := filepath.Join(t.TempDir(), "postern.backup")
	code, out, stderr := command(t, nil, "backup", file, "--data", data)
	if code != 0 || !strings.Contains(out, "holds no key") || !strings.Contains(out, filepath.Join(data, "secret.key")) {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	if code, list, _ := command(t, nil, "audit", "list", "--data", data, "--action", "backup.take"); code != 0 ||
		strings.Count(list, "backup.take") != 1 || !strings.Contains(list, file) || stderr != "" {
		t.Errorf("the audit says %s and the command %s", list, stderr)
	}
	eventually(t, "the load goes on", func() bool { return count() > len(before)+50 })
	close(stop)
	posting.Wait()
	if code, _, stderr := command(t, nil, "backup", file, "--data", data); code != 1 || !strings.Contains(stderr, "is there already") {
		t.Errorf("over another backup: exit %d: %s", code, stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(file + "?*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	d.kill()

	other := filepath.Join(t.TempDir(), "restored")
	if code, out, stderr = command(t, nil, "restore", file, "--data", other); code != 0 || !strings.Contains(out, "put the key in place") {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	if code, _, stderr := command(t, nil, "serve", "--listen", "127.0.0.1:0", "--data", other); code != 1 ||
		!strings.Contains(stderr, "secret.key") {
		t.Errorf("without its key: exit %d: %s", code, stderr)
	}
	key, err := os.ReadFile(filepath.Join(data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	d = start(t, other, flags...)
	kept := 0
	for next := "/api/v1/events/recent?limit=1000&order=asc"; next != ""; {
		var page []struct{ ID string }
		_, header := d.request("GET", next, "", &page)
		for _, e := range page {
			delete(before, e.ID)
			kept++
		}
		next = strings.TrimSuffix(strings.TrimPrefix(header.Get("Link"), "<"), `>; rel="next"`)
	}
	if len(before) > 0 {
		t.Errorf("%d events that were accepted before the backup are not in it", len(before))
	}
	if !strings.Contains(out, fmt.Sprintf("up to number %d ", kept)) {
		t.Errorf("%d events are kept, and the sequence has a gap: %s", kept, out)
	}
	// Webhooks go on, with their secrets.
	var restored []struct{ ID, URL, CreatedAt string }
	d.request("GET", "/api/v1/events/webhooks", "", &restored)
	if fmt.Sprint(restored) != fmt.Sprint(hooks) || len(restored) != 1 {
		t.Errorf("%v, want %v", restored, hooks)
	}
	d.request("POST", "/api/v1/events", `{"id":"after","type":"watchlist_alert","source":"load"}`, nil)
	if h := <-received; h.Get("X-Event-ID") != "after" || h.Get("X-Signature-256") == "" {
		t.Errorf("delivered %v", h)
	}
	if code, _, stderr := command(t, nil, "restore", file, "--data", other); code != 1 || !strings.Contains(stderr, "process") {
		t.Errorf("into a folder that is served: exit %d: %s", code, stderr)
	}
	d.stop()
	if code, _, stderr := command(t, nil, "restore", file, "--data", other); code != 1 || !strings.Contains(stderr, "is there already") {
		t.Errorf("over a store: exit %d: %s", code, stderr)
	}
}

// freshStore makes a data folder, and opens its database.
func freshStore(t *testing.T) (data string, db *sql.DB) {
	t.Helper()
	data = t.TempDir()
	if code, _, stderr := command(t, nil, "audit", "list", "--data", data); code != 0 {
		t.Fatal(stderr)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return data, db
}

// A backup before a new version is put to use leaves the folder to the old one.
func TestABackupOfAnEarlierVersionLeavesItAsItIs(t *testing.T) {
	t.Parallel()
	data, db := freshStore(t)
	version := func() (n int) {
		if err := db.QueryRow("PRAGMA user_version").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	earlier := version() - 1
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", earlier)); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command(t, nil, "backup", filepath.Join(t.TempDir(), "b"), "--data", data)
	if code != 0 || !strings.Contains(stderr, "the audit doesn't say so") || version() != earlier {
		t.Errorf("exit %d, version %d: %s", code, version(), stderr)
	}
}

func TestBackupAndRestoreRefuseWhatTheyCant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte(strings.Repeat("not a store ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, args := range map[string][]string{
		"no store in":          {"backup", filepath.Join(dir, "b"), "--data", filepath.Join(dir, "none")},
		"no such file":         {"restore", filepath.Join(dir, "none"), "--data", filepath.Join(dir, "r1")},
		"no store of Postern":  {"restore", bad, "--data", filepath.Join(dir, "r2")},
		"expected \"<file>\"":  {"backup"},
		"name the data folder": {"backup", filepath.Join(dir, "c"), "--data", dir},
	} {
		code, _, stderr := command(t, nil, args...)
		if code == 0 || !strings.Contains(stderr, says) {
			t.Errorf("%v: exit %d: %s", args, code, stderr)
		}
	}
	for _, name := range []string{"b", "c", "r1/postern.db", "r2/postern.db", "r1/postern.db.postern-part", "r2/postern.db.postern-part"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}
}
