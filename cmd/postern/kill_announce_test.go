package main

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// TestKillAnnouncesEachChangeOnce kills the real program while a webhook's state
// changes. Each change is announced once.
func TestKillAnnouncesEachChangeOnce(t *testing.T) {
	rounds := 6
	if s := os.Getenv("POSTERN_KILLS"); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var status atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(int(status.Load()))
	}))
	defer receiver.Close()

	data := t.TempDir()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.0/8"}
	d := start(t, data, flags...)
	var hook struct{ ID string }
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+
		`","event_types":["*"],"secret":"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}`, &hook)
	killSoon := func(within time.Duration) {
		t.Helper()
		time.Sleep(rand.N(within))
		d.kill()
		d = start(t, data, flags...)
	}
	announced := func(kind string) (n int) {
		var page []struct{ Data struct{ Kind string } }
		d.request("GET", "/api/v1/events/recent?source=postern&limit=1000", "", &page)
		for _, e := range page {
			if e.Data.Kind == kind {
				n++
			}
		}
		return n
	}
	for round := range rounds {
		status.Store(http.StatusGone)
		d.request("POST", "/api/v1/events", `{"type":"person_entered","source":"load"}`, nil)
		killSoon(80 * time.Millisecond)
		eventually(t, "the webhook is announced as disabled", func() bool { return announced("webhook_disabled") > round })

		status.Store(http.StatusOK)
		d.request("POST", "/api/v1/events/webhooks/"+hook.ID+"/resume", `{}`, nil)
		killSoon(20 * time.Millisecond)
		eventually(t, "the webhook is announced as resumed", func() bool { return announced("webhook_resumed") > round })
		if disabled, resumed := announced("webhook_disabled"), announced("webhook_resumed"); disabled != round+1 || resumed != round+1 {
			t.Fatalf("after %d rounds %d are announced as disabled and %d as resumed", round+1, disabled, resumed)
		}
	}
	t.Logf("%d kills: each of %d changes was announced once", 2*rounds, 2*rounds)
}
