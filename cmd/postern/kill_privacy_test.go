package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatWasErasedIsGoneAfterAKill kills the real program right after it
// said that everything about a person is erased: no file has a byte of it
// left, and it doesn't come back.
func TestWhatWasErasedIsGoneAfterAKill(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(body) // it says back whom it was about
	}))
	defer receiver.Close()
	data := t.TempDir()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.0/8"}
	d := start(t, data, flags...)
	var hook struct{ ID string }
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+
		`","event_types":["*"],"secret":"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}`, &hook)
	about := func(n int) string {
		return fmt.Sprintf(`{"id":"about-%d","type":"face_matched","source":"load","data":{"identity_id":"zq/person 77","label":"Zora `+
			`Quillfeather","n":"unique-%d-value"}}`, n, n)
	}
	var body strings.Builder
	for n := range 300 {
		fmt.Fprintf(&body, "%s\n{\"type\":\"line_crossed\",\"source\":\"load\",\"data\":{\"n\":%d}}\n", about(n), n)
	}
	d.request("POST", "/api/v1/events", body.String(), nil)
	eventually(t, "an attempt with what the receiver said", func() bool {
		var attempts []struct{ Response string }
		d.request("GET", "/api/v1/events/webhooks/"+hook.ID+"/attempts?outcome=failed", "", &attempts)
		for _, a := range attempts {
			if strings.Contains(a.Response, "Quillfeather") {
				return true
			}
		}
		return false
	})
	secrets := []string{"zq/person 77", "Quillfeather", "unique-0-value", "unique-299-value"}
	if len(filesWith(t, data, secrets[1])) == 0 {
		t.Fatal("the search finds nothing")
	}
	var done struct {
		Events   int
		Complete bool
	}
	status, _ := d.request("DELETE", "/api/v1/identities/zq%2Fperson%2077", "", &done)
	d.kill()
	if status != http.StatusOK || done.Events != 300 || !done.Complete {
		t.Fatalf("status %d, %+v", status, done)
	}
	for range 2 {
		for _, text := range secrets {
			if names := filesWith(t, data, text); len(names) > 0 {
				t.Errorf("%q stands in %v", text, names)
			}
		}
		d = start(t, data, flags...)
		var known struct {
			Events int
			Erased []struct {
				At     string
				Events int
			}
		}
		d.request("GET", "/api/v1/identities/zq%2Fperson%2077", "", &known)
		if known.Events != 0 || len(known.Erased) != 1 || known.Erased[0].Events != 300 {
			t.Errorf("known is %+v", known)
		}
		var again struct{ Accepted, Duplicates int }
		d.request("POST", "/api/v1/events", about(7), &again)
		if again.Duplicates != 1 {
			t.Errorf("what was erased and is sent again: %+v", again)
		}
		var one struct{ Data map[string]any }
		d.request("GET", "/api/v1/events/about-7", "", &one)
		if len(one.Data) != 1 || one.Data["erased"] == nil {
			t.Errorf("about-7 is %v", one.Data)
		}
		d.kill()
	}
}

// filesWith returns the files of a data folder that hold a text.
func filesWith(t *testing.T, data, text string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type() == fs.ModeSocket {
			continue // the commands' socket, which a killed process leaves
		}
		b, err := os.ReadFile(filepath.Join(data, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			names = append(names, e.Name())
		}
	}
	return names
}
