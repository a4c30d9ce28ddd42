package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The reference's commands run as they stand: curl is told, in its own
// configuration, where localhost:8000 is during this test.
func TestReferenceCommandsWorkToTheLetter(t *testing.T) {
	d := start(t, t.TempDir())
	d.request("POST", "/api/v1/events",
		`[{"id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210","type":"face_matched","timestamp":"2026-03-19T10:32:15+00:00",`+
			`"source":"face_pipeline","data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"},`+
			`"camera_id":"lobby-cam-1"},{"type":"line_crossed","source":"x"}]`, nil)
	home := t.TempDir()
	at, err := url.Parse(d.base)
	if err != nil {
		t.Fatal(err)
	}
	config := "silent\nconnect-to = \"localhost:8000:" + at.Host + "\"\n"
	if err := os.WriteFile(filepath.Join(home, ".curlrc"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, part := range strings.Split(string(text), "\n\ncurl ")[1:] {
		commands = append(commands, "curl "+part)
	}
	if len(commands) != 4 {
		t.Fatalf("%d commands", len(commands))
	}
	run := func(command string) string {
		t.Helper()
		sh := exec.Command("sh", "-c", command)
		sh.Env = append(os.Environ(), "CURL_HOME="+home, "HOME="+home)
		out, err := sh.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s\n%s", err, out, command)
		}
		return string(out)
	}

	registered := run(commands[0])
	form := regexp.MustCompile(`^{"id":"(wh_[0-9a-f]{12})","url":"https://example.com/webhooks/biometrics","event_types":\["face_matched",` +
		`"watchlist_alert","liveness_passed"\],"created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"`)
	m := form.FindStringSubmatch(registered)
	if m == nil {
		t.Fatalf("registered: %s", registered)
	}
	if out := run(commands[1]); !strings.Contains(out, `"status":404`) {
		t.Errorf("the reference's own id is nobody's: %s", out)
	}
	if out := run(commands[2]); !strings.HasPrefix(out, `[{"id":"`+m[1]+`","url":"https://example.com/webhooks/biometrics"`) {
		t.Errorf("list: %s", out)
	}
	if out := run(strings.ReplaceAll(commands[1], "wh_a1b2c3d4e5f6", m[1])); out != `{"removed":"`+m[1]+`"}` {
		t.Errorf("removed: %s", out)
	}
	want := `[{"id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210","type":"face_matched","timestamp":"2026-03-19T10:32:15+00:00",` +
		`"source":"face_pipeline","data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"},` +
		`"camera_id":"lobby-cam-1"}]`
	if out := run(commands[3]); out != want || !json.Valid([]byte(out)) {
		t.Errorf("recent: %s", out)
	}
}
