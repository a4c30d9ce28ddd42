package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/disktest"
)

// A restart on a disk without a byte of room: everything can be read, events
// are refused, and writing resumes by itself.
func TestRestartOnAFullDiskServesWhatThereIs(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]struct {
		crash  bool // or stopped in order
		before bool // filled before it ends, or after
	}{
		"stopped, then filled": {}, "filled, then stopped": {before: true}, "filled, then killed": {crash: true, before: true},
		"killed, then filled": {crash: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := disktest.Mount(t, "36m")
			filler := filepath.Join(data, "filler")
			const event = `{"type":"line_crossed","source":"x","data":{}}`
			d := start(t, data)
			eventually(t, "the reserve is made", func() bool { _, err := os.Stat(filepath.Join(data, "reserve")); return err == nil })
			for range 20 {
				if status, _ := d.request("POST", "/api/v1/events", event, nil); status != 202 {
					t.Fatalf("status %d", status)
				}
			}
			if ends.before {
				disktest.Fill(t, filler)
			}
			if ends.crash {
				d.kill()
			} else if code := d.stop(); code != 0 {
				t.Errorf("it ended with %d", code)
			}
			if !ends.before {
				disktest.Fill(t, filler)
			}

			d = start(t, data)
			var page []struct{ ID string }
			if status, _ := d.request("GET", "/api/v1/events/recent?limit=1000", "", &page); status != 200 || len(page) != 20 {
				t.Errorf("status %d, %d events", status, len(page))
			}
			// An end in order leaves the room of the write-ahead log.
			large := strings.Replace(event, "{}", `{"x":"`+strings.Repeat("x", 100_000)+`"}`, 1)
			refused := false
			for i := 0; i < 400 && !refused; i++ {
				status, _ := d.request("POST", "/api/v1/events", large, nil)
				refused = status == 503
			}
			if !refused {
				t.Error("the disk is full, and events are accepted")
			}
			if status, _ := d.request("GET", "/readyz", "", nil); status != 503 {
				t.Errorf("readyz says %d", status)
			}
			pages := []string{"/", "/events", "/settings", "/webhooks", "/monitor", "/metrics"}
			for _, path := range append(pages, "/api/v1/events/export") {
				if status, _ := d.request("GET", path, "", nil); status != 200 {
					t.Errorf("%s answers %d", path, status)
				}
			}
			disktest.Fill(t, filler+"2") // another program takes what the reserve was
			for _, path := range pages {
				if status, _ := d.request("GET", path, "", nil); status != 200 {
					t.Errorf("%s answers %d without a byte of room", path, status)
				}
			}
			if code, out, err := command(t, nil, "audit", "verify", "--data", data); code != 0 || !strings.Contains(out, "whole") {
				t.Errorf("audit verify: %d, %s %s", code, out, err)
			}
			for _, file := range []string{filler, filler + "2"} {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "it is ready again", func() bool {
				status, _ := d.request("GET", "/readyz", "", nil)
				return status == 200
			})
			if status, _ := d.request("POST", "/api/v1/events", event, nil); status != 202 {
				t.Errorf("status %d when there is room again", status)
			}
			if _, err := os.Stat(filepath.Join(data, "reserve")); err != nil {
				t.Errorf("the reserve isn't back: %v", err)
			}
		})
	}
}
