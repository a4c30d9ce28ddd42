package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// views returns typical queries, which the events page and the API share.
func views(now time.Time) []struct{ name, query string } {
	stamp := func(days float64) string {
		return now.Add(-time.Duration(days * 24 * float64(time.Hour))).UTC().Format(time.RFC3339)
	}
	q := func(pairs ...string) string {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return "?" + v.Encode()
	}
	return []struct{ name, query string }{
		{"everything", "?limit=50"},
		{"a frequent type", q("event_type", "face_detected")},
		{"a rare type", q("event_type", "watchlist_alert")},
		{"three types", q("event_type", "watchlist_alert", "event_type", "system_error", "event_type", "liveness_failed")},
		{"a camera", q("camera_id", "lobby-cam-7")},
		{"a camera that isn't there", q("camera_id", "roof-cam-99")},
		{"a camera and a type", q("camera_id", "lobby-cam-7", "event_type", "face_matched")},
		{"a source", q("source", "video")},
		{"a source of one event", q("source", rareSource)},
		{"an hour ten days ago", q("since", stamp(10), "until", stamp(10-1.0/24))},
		{"a type in an hour ten days ago", q("since", stamp(10), "until", stamp(10-1.0/24), "event_type", "face_matched")},
		{"a name that is everywhere", q("q", "Alice")},
		{"a person of a thousand", q("q", "id-000123")},
		{"a person in an hour ten days ago", q("q", "id-000123", "since", stamp(10), "until", stamp(10-1.0/24))},
		{"a name of one event", q("q", rarePerson)},
		{"a name that is nowhere", q("q", "Nobody Atall")},
	}
}

// history measures a large store: the start, and pages and API under each
// filter.
func history(b *bench) ([]row, error) {
	dir, err := b.history()
	if err != nil {
		return nil, err
	}
	events := quantity(float64(b.opts.History))
	start := row{Figure: "start to first accepted event, " + events + " events", Unit: "ms", Goal: goal{AtMost: 300},
		Beside: "with an empty store"}
	cold := row{Figure: "the same, with its file on the disk alone", Unit: "ms", Goal: goal{AtMost: 300}}
	resident := row{Figure: "resident memory after the start, " + events + " events", Unit: "MiB"}
	if err := b.rounds(func() error {
		empty, err := b.dir()
		if err != nil {
			return err
		}
		defer os.RemoveAll(empty)
		for _, of := range []struct {
			dir  string
			cold bool
			into *[]float64
		}{{empty, false, &start.Limit}, {dir, true, &cold.Postern}, {dir, false, &start.Postern}} {
			if of.cold {
				if err := uncache(filepath.Join(dir, "postern.db")); err != nil {
					return err
				}
			}
			begun := time.Now()
			p, err := b.postern(of.dir, nil, "--retain", "1000d")
			if err != nil {
				return err
			}
			if _, err := closedLoop(b.ctx, p.addr, 1, 1, &source{}, once()); err != nil {
				return err
			}
			*of.into = append(*of.into, time.Since(begun).Seconds()*1000)
			if of.dir == dir {
				// The page answers once the indexes in memory are loaded.
				if _, err := b.visit("http://"+p.addr+"/", 1); err != nil {
					return err
				}
			}
			if of.into == &start.Postern {
				now, _ := p.memory()
				resident.Postern = append(resident.Postern, now)
			}
			if err := p.stop(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return []row{start, cold}, err
	}
	rows := []row{start, cold, resident}
	p, err := b.postern(dir, nil, "--retain", "1000d")
	if err != nil {
		return rows, err
	}
	for _, view := range views(time.Now()) {
		for _, of := range []struct{ name, path string }{{"page", "/events"}, {"API", eventsPath + "/recent"}} {
			r := row{Figure: of.name + ", " + view.name + ", p95", Unit: "ms", Goal: goal{AtMost: 10}}
			if err := b.rounds(func() error {
				took, err := b.visit("http://"+p.addr+of.path+view.query, 100)
				r.Postern = append(r.Postern, quantile(took, 0.95))
				return err
			}); err != nil {
				return rows, err
			}
			rows = append(rows, r)
		}
	}
	return rows, p.stop()
}

// history makes the large store, or returns that of an earlier run.
func (b *bench) history() (dir string, err error) {
	dir = filepath.Join(b.opts.Work, fmt.Sprintf("history-%d", b.opts.History))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	making := dir + "-unfinished"
	if err := os.RemoveAll(making); err != nil {
		return "", err
	}
	if _, err := b.ask("history", making, fmt.Sprint(b.opts.History)); err != nil {
		return "", err
	}
	return dir, os.Rename(making, dir)
}

// once allows one request.
func once() func() bool {
	sent := false
	return func() bool {
		first := !sent
		sent = true
		return first
	}
}

// visit requests a page n times and returns the time of each request in
// milliseconds.
func (b *bench) visit(address string, n int) ([]float64, error) {
	var took []float64
	for range n {
		begun := time.Now()
		res, err := http.Get(address)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answered %d", address, res.StatusCode)
		}
		took = append(took, time.Since(begun).Seconds()*1000)
		if b.ctx.Err() != nil {
			return nil, b.ctx.Err()
		}
	}
	return took, nil
}
