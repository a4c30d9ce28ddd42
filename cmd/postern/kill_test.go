package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKillLosesNothing kills the real program again and again under load.
// Every event that it had accepted is there afterwards, and has been delivered.
func TestKillLosesNothing(t *testing.T) {
	kills := 20
	if s := os.Getenv("POSTERN_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	received := map[string]int{}
	refusing := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		defer mu.Unlock()
		// Now and then it fails, so that retries are among what survives.
		if refusing++; refusing%500 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		received[r.Header.Get("X-Event-ID")]++
	}))
	defer receiver.Close()

	data := t.TempDir()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.0/8"}
	d := start(t, data, flags...)
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+
		`","event_types":["*"],"secret":"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}`, nil)

	accepted := map[string]bool{}
	for kill := range kills {
		for _, id := range load(d, 8, kill) {
			accepted[id] = true
		}
		d = start(t, data, flags...)
	}
	kept := map[string]bool{}
	next := "/api/v1/events/recent?limit=1000&order=asc"
	for next != "" {
		var page []struct{ ID string }
		_, header := d.request("GET", next, "", &page)
		for _, e := range page {
			if kept[e.ID] {
				t.Fatalf("%s is there twice", e.ID)
			}
			kept[e.ID] = true
		}
		next = strings.TrimSuffix(strings.TrimPrefix(header.Get("Link"), "<"), `>; rel="next"`)
	}
	for id := range accepted {
		if !kept[id] {
			t.Fatalf("%s was accepted and is gone", id)
		}
	}
	eventually(t, "every event that is kept is delivered", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for id := range kept {
			if received[id] == 0 {
				return false
			}
		}
		return true
	})
	repeated := 0
	for _, n := range received {
		repeated += n - 1
	}
	t.Logf("%d kills: %d events accepted, %d kept, all delivered, %d deliveries repeated", kills, len(accepted), len(kept), repeated)
	if len(accepted) < kills*10 {
		t.Errorf("only %d events in %d rounds: that is no load", len(accepted), kills)
	}
}

// load posts from several producers until the process is killed, a random
// while later, and returns the ids that were accepted.
func load(d *daemon, producers, round int) []string {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var mu sync.Mutex
	var ids []string
	var posting sync.WaitGroup
	for p := range producers {
		posting.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				body := fmt.Sprintf(`[{"id":"k%d-%d-%d","type":"person_entered","source":"load","data":{"n":%d}},{"type":"line_crossed",`+
					`"source":"load"}]`, round, p, n, n)
				var answer struct{ IDs []string }
				status, _, err := d.try("POST", "/api/v1/events", body, &answer)
				if err != nil {
					return // it was killed
				}
				if status == http.StatusAccepted {
					mu.Lock()
					ids = append(ids, answer.IDs...)
					mu.Unlock()
				}
			}
		})
	}
	time.Sleep(50*time.Millisecond + rand.N(150*time.Millisecond))
	d.kill()
	cancel()
	posting.Wait()
	return ids
}
