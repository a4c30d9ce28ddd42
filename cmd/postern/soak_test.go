package main

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	soakMemory    = 512 << 20 // bytes that the service may use
	soakPerSecond = 2000      // events
	soakBatch     = 20        // events in a request
)

// TestSoak_sick_receivers posts 2,000 events a second to a service with
// 512 MiB, and five webhooks: three receivers are well, one refuses a tenth of
// the events, and one never answers. Nothing is lost, and memory doesn't grow.
// `make soak-receivers` does it for ten minutes and prints the figures.
func TestSoak_sick_receivers(t *testing.T) {
	lasts := 4 * time.Second
	if s := os.Getenv("POSTERN_SOAK"); s != "" {
		var err error
		if lasts, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	d := startLimited(t, t.TempDir())
	load := &soakLoad{posted: make([]atomic.Int64, int(lasts.Seconds()*1.5+10)*soakPerSecond)}
	// The receivers that are well are alone for a fifth of the time: that is
	// the measure of how they do beside the others.
	alone := int64(lasts.Seconds() / 5 * soakPerSecond)
	refused := func(n int64) bool { return crc32.ChecksumIEEE(strconv.AppendInt(nil, n, 10))%10 == 0 }
	well := make([]*soakReceiver, 3)
	for i := range well {
		well[i] = load.receiver(t, d, nil)
	}
	var refusing, hanging *soakReceiver
	memory := watchMemory(d)
	load.post(t, d, alone)
	refusing, hanging = load.receiver(t, d, refused), load.hanging(t, d)
	load.post(t, d, int64(lasts.Seconds()*soakPerSecond))

	total := load.next.Load()
	for i, r := range well {
		eventually(t, fmt.Sprintf("receiver %d gets everything", i), func() bool { return r.distinct.Load() == total })
	}
	wanted := int64(0)
	for n := alone; n < total; n++ {
		if !refused(n) {
			wanted++
		}
	}
	eventually(t, "the receiver that refuses some gets all others", func() bool { return refusing.distinct.Load() == wanted })
	type status struct {
		Behind    int64 `json:"behind"`
		Estimated bool  `json:"behind_estimated"`
		InFlight  int64 `json:"in_flight"`
		Retrying  int64
		Exhausted, Delivered,
		Expired int64
	}
	statusOf := func(r *soakReceiver) (s status) {
		var hook struct{ Status *status }
		hook.Status = &s
		d.request("GET", "/api/v1/events/webhooks/"+r.webhook, "", &hook)
		return s
	}
	eventually(t, "every refused event waits for a retry or is exhausted", func() bool {
		s := statusOf(refusing)
		return s.Behind == 0 && s.Retrying+s.Exhausted+s.InFlight == total-alone-wanted
	})
	rss, unanswered := memory(), hanging.requests.Load()
	// A long backlog is estimated, to two digits.
	s, waiting := statusOf(hanging), total-alone
	if n := s.Behind + s.Retrying + s.InFlight; n != waiting && (!s.Estimated || n < waiting-waiting/20 || n > waiting+waiting/20) ||
		s.Exhausted != 0 || s.Expired != 0 || s.Delivered != 0 {
		t.Errorf("of the receiver that doesn't answer: %+v, want %d waiting", s, waiting)
	}
	close(hanging.answer)
	if status, _ := d.request("POST", "/api/v1/events/webhooks/"+hanging.webhook+"/resume", "", nil); status != http.StatusOK {
		t.Fatalf("resuming is answered with %d", status)
	}
	for got := int64(0); got < waiting; got = hanging.distinct.Load() { // many take longer than a minute
		eventually(t, "the receiver that answers at last gets everything", func() bool { return hanging.distinct.Load() > got })
	}
	mid, end := mean(rss[len(rss)/3:2*len(rss)/3]), mean(rss[2*len(rss)/3:])
	var before, beside []time.Duration
	for _, r := range well {
		for _, delay := range r.delays() {
			if delay.seq < alone {
				before = append(before, delay.took)
			} else {
				beside = append(beside, delay.took)
			}
		}
	}
	t.Logf("%d events in %v; posted to delivered: p50 %v, p99 %v alone; p50 %v, p99 %v beside the sick", total, lasts,
		percentile(before, 50), percentile(before, 99), percentile(beside, 50), percentile(beside, 99))
	t.Logf("resident: %d MiB in the second third, %d MiB in the last, %d MiB at most; %d refused, %d requests without an answer", mid>>20,
		end>>20, slices.Max(rss)>>20, total-alone-wanted, unanswered)
	if slices.Max(rss) > soakMemory {
		t.Errorf("%d bytes were resident, of %d", slices.Max(rss), soakMemory)
	}
	if lasts >= 5*time.Minute && end > mid+mid/5 {
		t.Error("memory grows")
	}
	if code := d.stop(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// soakLoad is the posted events. Each has its number in its id.
type soakLoad struct {
	next   atomic.Int64
	posted []atomic.Int64 // when each was, in Unix nanoseconds
}

// post posts events evenly until as many are posted in all.
func (l *soakLoad) post(t *testing.T, d *daemon, until int64) {
	t.Helper()
	began, from := time.Now(), l.next.Load()
	var posting sync.WaitGroup
	for range 4 {
		posting.Go(func() {
			for {
				first := l.next.Add(soakBatch) - soakBatch
				if first >= until {
					l.next.Add(-soakBatch)
					return
				}
				time.Sleep(time.Until(began.Add(time.Duration(first-from) * time.Second / soakPerSecond)))
				var body strings.Builder
				now := time.Now().UnixNano()
				for n := first; n < first+soakBatch; n++ {
					l.posted[n].Store(now)
					fmt.Fprintf(&body, `%c{"id":"soak-%d","type":"person_entered","source":"load","camera_id":"cam-%d","data":{"track_id":"t-%d"}}`,
						"[,"[min(n-first, 1)], n, n%40, n)
				}
				if status, _, err := d.try("POST", "/api/v1/events", body.String()+"]", nil); err != nil || status != http.StatusAccepted {
					t.Errorf("events from %d on: %d, %v", first, status, err)
					return
				}
			}
		})
	}
	posting.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// soakReceiver is a webhook and what its receiver got.
type soakReceiver struct {
	load     *soakLoad
	webhook  string
	got      []atomic.Int64 // when each event was accepted first, in Unix nanoseconds
	distinct atomic.Int64
	requests atomic.Int64
	answer   chan struct{} // closed once a hanging one answers
}

func (l *soakLoad) receiver(t *testing.T, d *daemon, refused func(n int64) bool) *soakReceiver {
	r := &soakReceiver{load: l, got: make([]atomic.Int64, len(l.posted))}
	r.serve(t, d, func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		r.accept(w, req, refused)
	})
	return r
}

// accept counts a delivery, or refuses it.
func (r *soakReceiver) accept(w http.ResponseWriter, req *http.Request, refused func(n int64) bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(req.Header.Get("X-Event-ID"), "soak-"), 10, 64)
	switch {
	case err != nil: // an announcement of the webhooks' states
	case refused != nil && refused(n):
		w.WriteHeader(http.StatusUnprocessableEntity)
	case r.got[n].CompareAndSwap(0, time.Now().UnixNano()):
		r.distinct.Add(1)
	}
}

// hanging is a receiver that doesn't answer before its channel is closed.
func (l *soakLoad) hanging(t *testing.T, d *daemon) *soakReceiver {
	r := &soakReceiver{load: l, got: make([]atomic.Int64, len(l.posted)), answer: make(chan struct{})}
	r.serve(t, d, func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		r.requests.Add(1)
		select {
		case <-r.answer:
			r.accept(w, req, nil)
		case <-req.Context().Done():
		}
	})
	return r
}

func (r *soakReceiver) serve(t *testing.T, d *daemon, handle http.HandlerFunc) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	var hook struct{ ID string }
	if status, _ := d.request("POST", "/api/v1/events/webhooks", `{"url":"`+server.URL+`","event_types":["person_entered"]}`,
		&hook); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	r.webhook = hook.ID
}

type delay struct {
	seq  int64
	took time.Duration
}

// delays are the times from an event's request to its delivery.
func (r *soakReceiver) delays() (all []delay) {
	for n := range r.load.next.Load() {
		all = append(all, delay{n, time.Duration(r.got[n].Load() - r.load.posted[n].Load())})
	}
	return all
}

func percentile(all []time.Duration, p int) time.Duration {
	slices.Sort(all)
	return all[(len(all)-1)*p/100].Round(10 * time.Microsecond)
}

func mean(all []int64) int64 {
	sum := int64(0)
	for _, n := range all {
		sum += n
	}
	return sum / int64(max(len(all), 1))
}

// startLimited is start in a control group with soakMemory, where this process
// may make one.
func startLimited(t *testing.T, data string) *daemon {
	t.Helper()
	args := []string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--allow-http", "--allow-target", "127.0.0.0/8"}
	group, err := memoryGroup(t, soakMemory)
	if err != nil {
		t.Logf("the service's memory isn't limited: %v", err)
		return start(t, data, args[5:]...)
	}
	cmd := exec.Command("sh", append([]string{"-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, group, binary}, args...)...)
	cmd.Env = cleanEnv()
	return startProcess(t, cmd)
}

// memoryGroup makes a control group of version 1 or 2 with a limit of memory,
// and removes it when the test has ended.
func memoryGroup(t *testing.T, limit int64) (string, error) {
	root, file := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		root, file = "/sys/fs/cgroup", "memory.max"
	}
	group := filepath.Join(root, fmt.Sprintf("postern-%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		return "", err
	}
	t.Cleanup(func() { _ = os.Remove(group) }) // the process in it has ended: its cleanup comes first
	return group, os.WriteFile(filepath.Join(group, file), []byte(strconv.FormatInt(limit, 10)), 0o644)
}

// watchMemory looks at the service's resident memory every half second until
// the returned function is called.
func watchMemory(d *daemon) func() []int64 {
	done, seen := make(chan struct{}), make(chan []int64)
	go func() {
		var all []int64
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			all = append(all, residentBytes(d.cmd.Process.Pid))
			select {
			case <-done:
				seen <- all
				return
			case <-tick.C:
			}
		}
	}()
	return func() []int64 {
		close(done)
		return <-seen
	}
}

func residentBytes(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.ParseInt(cmp.Or(strings.Fields(rest + " 0")[0], "0"), 10, 64)
	return kib << 10
}
