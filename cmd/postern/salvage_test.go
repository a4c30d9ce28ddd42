package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/store/salvage"
	"postern/internal/store/secretbox"
)

// TestRestoreReadsAroundBrokenPages breaks a page of events and the first page of
// a folder that was killed, and restores it.
func TestRestoreReadsAroundBrokenPages(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	d := start(t, data)
	for n := range 120 {
		if status, _ := d.request("POST", "/api/v1/events",
			fmt.Sprintf(`{"id":"s%d","type":"person_entered","source":"gate","data":{"mark":"<%d>","pad":%q}}`, n, n, strings.Repeat("x", 600)),
			nil); status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
	}
	file := filepath.Join(data, "postern.db")
	if code, _, stderr := command(t, nil, "restore", file, "--data", filepath.Join(t.TempDir(), "new")); code != 1 ||
		!strings.Contains(stderr, "in use") {
		t.Errorf("while it is served: exit %d: %s", code, stderr)
	}
	d.stop()
	db, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := bytes.Index(db, []byte("<60>")) / 4096
	if page <= 0 {
		t.Fatal("event 61 isn't in the file")
	}
	clear(db[page*4096 : (page+1)*4096])
	clear(db[:4096])
	if err := os.WriteFile(file, db, 0o600); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	code, out, stderr := command(t, nil, "restore", file, "--data", restored)
	if code != 1 || !strings.Contains(stderr, "not everything was restored") || strings.Contains(out, "Lost beside events") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	for _, want := range []string{"Its first page is lost", "Events that are missing: ", "Restored 11", "up to number 120",
		"put the key in place"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q isn't in %s", want, out)
		}
	}
	key, err := os.ReadFile(filepath.Join(data, secretbox.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, secretbox.KeyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	d = start(t, restored)
	for id, want := range map[string]int{"s3": http.StatusOK, "s60": http.StatusNotFound, "s119": http.StatusOK} {
		if status, _ := d.request("GET", "/api/v1/events/"+id, "", nil); status != want {
			t.Errorf("event %s: status %d, want %d", id, status, want)
		}
	}
	if status, _ := d.request("POST", "/api/v1/events", `{"type":"person_entered","source":"gate"}`, nil); status != http.StatusAccepted {
		t.Errorf("a new event: status %d", status)
	}
	if code, out, stderr := command(t, nil, "audit", "verify", "--data", restored); code != 0 {
		t.Errorf("the audit: %s%s", out, stderr)
	}
	if code, out, _ := command(t, nil, "verify", "--data", restored); code != 0 {
		t.Errorf("it isn't whole: %s", out)
	}
}

// Each table that a restore may report says what to do.
func TestSalvageTellsWhatToDo(t *testing.T) {
	t.Parallel()
	_, db := freshStore(t)
	rows, err := db.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('events', 'stretches', 'indexes', " +
		"'verifications', 'sqlite_sequence')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if lossWords[name] == "" {
			t.Errorf("nobody says what to do where %s is lost", name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestSalvagedWords(t *testing.T) {
	t.Parallel()
	s := &salvage.Report{Cause: fmt.Errorf("it is damaged:\n tree 5"), Missing: 1203,
		Ranges: []salvage.Range{{First: 7, Last: 7}, {First: 9, Last: 10}}, Unsure: true,
		Tables: []salvage.TableLoss{{Table: "endpoints", Pages: 1}, {Table: "other", Rows: 2, Kept: 1}}, Pages: 3}
	want := `The file was read around its broken pages, since it is damaged: tree 5.
Events that are missing: 1,203, with the numbers 7, 9-10, and 1,200 more.
There may have been more events, mostly newer ones: what would tell of them is lost too.
Lost beside events: rows changed 0, pages 1, rows left 0. Webhooks: register those that are missing again.
Lost beside events: rows changed 2, pages 0, rows left 1. other.
Pages of which nobody knows what they held: 3.
`
	if got := salvagedWords(s); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "since the newest backup.\n") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := salvagedWords(&salvage.Report{Cause: s.Cause}); !strings.HasSuffix(got, "Nothing is lost.\n") {
		t.Errorf("got %s", got)
	}
}
