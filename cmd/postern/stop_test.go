package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/disktest"
)

func TestStopFinishesWhatIsInFlightAndExitsCleanly(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	var deliveries atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if deliveries.Add(1) == 1 {
			close(arrived)
			<-release
		}
	}))
	defer receiver.Close()
	data := t.TempDir()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.1"}
	d := start(t, data, flags...)
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`, nil)
	d.request("POST", "/api/v1/events", `{"type":"line_crossed","source":"x"}`, nil)
	<-arrived
	time.AfterFunc(300*time.Millisecond, func() { close(release) })
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	// It was finished and settled: after a start nothing is sent again.
	d = start(t, data, flags...)
	var hooks []struct {
		Status struct{ Delivered, Behind int }
	}
	d.request("GET", "/api/v1/events/webhooks", "", &hooks)
	if hooks[0].Status.Delivered != 1 {
		t.Errorf("status %+v", hooks[0].Status)
	}
	d.request("POST", "/api/v1/events", `{"type":"line_crossed","source":"x"}`, nil)
	eventually(t, "the next event is delivered", func() bool { return deliveries.Load() == 2 })
}

func TestStopIsBoundedWhenAReceiverHangs(t *testing.T) {
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case arrived <- struct{}{}:
		default:
		}
		<-release
	}))
	defer receiver.Close()
	defer close(release)
	d := start(t, t.TempDir(), "--allow-http", "--allow-target", "127.0.0.1")
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`, nil)
	d.request("POST", "/api/v1/events", `{"type":"line_crossed","source":"x"}`, nil)
	<-arrived
	stopped := make(chan int, 1)
	go func() { stopped <- d.stop() }()
	select {
	case code := <-stopped:
		if code != 0 {
			t.Errorf("exit %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Error("it did not stop")
	}
}

// A small file system stands in for a disk that runs full.
func TestFullDiskRefusesAndRecoversByItself(t *testing.T) {
	data := disktest.Mount(t, "8m")
	var delivered atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { delivered.Add(1) }))
	defer receiver.Close()
	flags := []string{"--allow-http", "--allow-target", "127.0.0.1"}
	d := start(t, data, flags...)
	d.request("POST", "/api/v1/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`, nil)
	filler := filepath.Join(data, "filler")
	if err := os.WriteFile(filler, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	event := `{"type":"line_crossed","source":"x","data":{"x":"` + strings.Repeat("x", 100_000) + `"}}`
	accepted := 0
	for {
		var answer struct{ Title, Detail string }
		status, header := d.request("POST", "/api/v1/events", event, &answer)
		if status == 202 {
			if accepted++; accepted > 200 {
				t.Fatal("the disk never became full")
			}
			continue
		}
		if status != 503 || header.Get("Retry-After") == "" || !strings.Contains(answer.Detail, "disk is full") {
			t.Fatalf("status %d: %+v", status, answer)
		}
		break
	}
	if status, _ := d.request("GET", "/readyz", "", nil); status != 503 {
		t.Errorf("readyz says %d on a full disk", status)
	}
	var page []struct{ ID string }
	if status, _ := d.request("GET", "/api/v1/events/recent?limit=1000", "", &page); status != 200 || len(page) != accepted {
		t.Errorf("%d events are shown, %d were accepted", len(page), accepted)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if status, _ := d.request("POST", "/api/v1/events", event, nil); status != 202 {
		t.Errorf("status %d when there is room again", status)
	}
	eventually(t, "it is ready again", func() bool {
		status, _ := d.request("GET", "/readyz", "", nil)
		return status == 200
	})
	eventually(t, "all that was accepted is delivered", func() bool { return int(delivered.Load()) > accepted })
	d.kill()
	d = start(t, data, flags...)
	if d.request("GET", "/api/v1/events/recent?limit=1000", "", &page); len(page) != accepted+1 {
		t.Errorf("%d events after a restart, want %d", len(page), accepted+1)
	}
}
