package demo

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestDemoRegistersPostsAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	postern := newFakePostern()
	srv := postern.newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Base:           srv.URL + "/",
			ReceiverListen: "127.0.0.1:0",
			Key:            "pst_key",
			Story:          NewStory(NewSite(1, SiteOptions{Rate: 100})),
			Out:            &out,
			Log:            slog.New(slog.DiscardHandler),
		})
	}()
	live := func() bool {
		requests := postern.received()
		return len(requests) > 0 && requests[len(requests)-1].contentType == contentJSON
	}
	for !live() {
		select {
		case <-postern.arrived:
		case err := <-ended:
			t.Fatalf("Run ended with %v", err)
		}
	}
	postern.mu.Lock()
	receiver := strings.TrimSuffix(postern.webhooks[0]["url"].(string), "/access-control")
	postern.mu.Unlock()
	resp, err := http.Get(receiver + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v, want nil", err)
	}
	wantStory(t, postern.accepted(), 100)
	for _, want := range []string{srv.URL, receiver, "about 100 events a second",
		"curl -X POST '" + receiver + "/behave?path=/access-control&mode=slow"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

func TestDemoRefusesToStartOnWrongAddresses(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]Options{
		"no base":           {},
		"base without host": {Base: "localhost:8000"},
		"receiver for all":  {Base: "http://127.0.0.1:8000", ReceiverListen: "0.0.0.0:0"},
		"no port":           {Base: "http://127.0.0.1:8000", ReceiverListen: "127.0.0.1"},
	} {
		if err := Run(t.Context(), opts); err == nil {
			t.Errorf("%s: Run started", name)
		}
	}
}

func TestDemoEndsQuietlyWhileItWaitsForPostern(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{}, 100)
	postern := newFakePostern().newServer(t)
	postern.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusServiceUnavailable, "Starting.")
		asked <- struct{}{}
	})
	go func() {
		<-asked
		cancel()
	}()
	err := Run(ctx, Options{Base: postern.URL, ReceiverListen: "127.0.0.1:0", Story: NewStory(NewSite(1, SiteOptions{})),
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Errorf("Run ended with %v, want nil", err)
	}
}
