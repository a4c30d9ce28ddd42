package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TestKillDuringRetriesReplaysAndRotations kills the real program while a
// receiver fails, while replays run and while secrets are rotated. Whatever
// was answered holds afterwards: each replay sends all it was to send, each
// event arrives, and a secret that was shown signs.
func TestKillDuringRetriesReplaysAndRotations(t *testing.T) {
	var mu sync.Mutex
	fresh, again := map[string]int{}, map[string]int{}
	secretsOf := map[string]bool{} // that may sign
	badSignatures, posts, calm := 0, 0, false
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		posts++
		if !verifies(r.Header.Get("X-Signature-256"), body, secretsOf) {
			badSignatures++
		}
		if posts%7 == 0 && !calm { // retries are under way at every kill
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if r.Header.Get("X-Postern-Replay") == "true" {
			again[r.Header.Get("X-Event-ID")]++
		} else {
			fresh[r.Header.Get("X-Event-ID")]++
		}
	}))
	defer receiver.Close()

	data := t.TempDir()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.0/8"}
	d := start(t, data, flags...)
	var hook struct{ ID, Secret string }
	secretsOf["whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"] = true
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+
		`","event_types":["*"],"secret":"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}`, &hook)
	path := "/api/v1/events/webhooks/" + hook.ID
	var all []string
	for round := range 8 {
		var sent struct{ IDs []string }
		body := ""
		for i := range 200 {
			body += fmt.Sprintf(`{"id":"r%d-%d","type":"line_crossed","source":"load"}`+"\n", round, i)
		}
		d.request("POST", "/api/v1/events", body, &sent)
		all = append(all, sent.IDs...)
		if round%2 == 0 {
			if status, _ := d.request("POST", path+"/replays", `{"after_seq":0}`, nil); status != 202 {
				t.Fatalf("replay: status %d", status)
			}
		} else {
			var rotated struct{ Secret string }
			mu.Lock() // the new secret is known before anything is signed with it
			d.request("POST", path+"/rotate", `{"overlap_hours":1}`, &rotated)
			secretsOf[rotated.Secret] = true
			mu.Unlock()
		}
		time.Sleep(rand.N(150 * time.Millisecond))
		d.kill()
		d = start(t, data, flags...)
	}
	mu.Lock()
	calm = true // what fails twice waits for longer than a test should
	mu.Unlock()
	eventually(t, "every event arrives", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, id := range all {
			if fresh[id]+again[id] == 0 {
				return false
			}
		}
		return true
	})
	eventually(t, "every replay ends", func() bool {
		var replays []struct{ State string }
		d.request("GET", path+"/replays", "", &replays)
		for _, r := range replays {
			if r.State != "done" {
				return false
			}
		}
		return len(replays) == 4
	})
	// Now all have arrived once. A replay brings each again, but for those that
	// still wait for a retry of their own, which comes too.
	mu.Lock()
	clear(fresh)
	clear(again)
	mu.Unlock()
	d.request("POST", path+"/replays", `{"after_seq":0}`, nil)
	eventually(t, "the replay is under way", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(again) > 100
	})
	d.kill()
	d = start(t, data, flags...)
	eventually(t, "what the replay was to send has come again", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, id := range all {
			if fresh[id]+again[id] == 0 {
				return false
			}
		}
		return true
	})
	mu.Lock()
	defer mu.Unlock()
	if badSignatures > 0 {
		t.Errorf("%d of %d deliveries were signed with a secret that nobody was shown", badSignatures, posts)
	}
	if len(secretsOf) != 5 {
		t.Errorf("%d secrets", len(secretsOf))
	}
}

// verifies reports whether a body is signed with one of the secrets.
func verifies(signature string, body []byte, secrets map[string]bool) bool {
	for secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal([]byte(signature), []byte("sha256="+hex.EncodeToString(mac.Sum(nil)))) {
			return true
		}
	}
	return false
}
