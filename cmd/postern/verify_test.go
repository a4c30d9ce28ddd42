package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyFindsADamagedEvent changes an event as a disk would, and has it
// found while Postern serves the folder, by a backup and by a restore.
func TestVerifyFindsADamagedEvent(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	d := start(t, data)
	for n := range 30 {
		if status, _ := d.request("POST", "/api/v1/events",
			fmt.Sprintf(`{"id":"v%d","type":"person_entered","source":"gate","data":{"n":%d}}`, n, n), nil); status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
	}
	if code, out, stderr := command(t, nil, "verify", "--data", data); code != 0 || !strings.Contains(out, "Everything is whole.") ||
		!strings.Contains(out, "Read 30 events") {
		t.Errorf("a folder that is whole: exit %d: %s%s", code, out, stderr)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "postern.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE events SET source = 'gaze' WHERE seq IN (7, 9)"); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := command(t, nil, "verify", "--data", data, "--rate", "0")
	if code != 1 || !strings.Contains(out, "2 events were changed on the disk") || !strings.Contains(out, "7, 9.") ||
		!strings.Contains(stderr, "damaged") {
		t.Errorf("a damaged folder: exit %d: %s%s", code, out, stderr)
	}
	if code, list, _ := command(t, nil, "audit", "list", "--data", data, "--action", "data.verify"); code != 0 ||
		strings.Count(list, "data.verify") != 2 {
		t.Errorf("the audit says %s", list)
	}
	file := filepath.Join(t.TempDir(), "copy")
	if code, out, stderr := command(t, nil, "backup", file, "--data", data); code != 1 || !strings.Contains(out, "Backed up 30 events") ||
		!strings.Contains(stderr, "number 7, 9") {
		t.Errorf("a backup of it: exit %d: %s%s", code, out, stderr)
	}
	d.stop()
	other := filepath.Join(t.TempDir(), "restored")
	if code, out, stderr := command(t, nil, "restore", file, "--data", other); code != 1 || !strings.Contains(out, "Restored 30 events") ||
		!strings.Contains(stderr, "number 7, 9") {
		t.Errorf("a restore of it: exit %d: %s%s", code, out, stderr)
	}
	if code, _, _ := command(t, nil, "verify", "--data", data, "--rate", "-1"); code != 2 {
		t.Errorf("a negative rate: exit %d", code)
	}
}
