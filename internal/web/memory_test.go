package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"postern/internal/fullrun"
	"postern/internal/memory"
	"postern/internal/posterntest"
	"postern/internal/store"
	"postern/internal/web/respond"
)

// largeEvent is an event of about that many bytes.
func largeEvent(bytes int) string {
	return `{"type":"line_crossed","source":"a","data":{"x":"` + strings.Repeat("x", bytes) + `"}}`
}

// A request that is too large for the remaining budget gets 503, and small
// requests still succeed. Its bytes return to the budget in every case.
func TestLargeRequests_stay_within_the_budget(t *testing.T) {
	t.Parallel()
	budget := memory.NewBudget(10 << 20) // enough for 2.5 MiB of bodies
	s := startServiceIn(t, t.TempDir(), store.Options{}, func(*posterntest.Postern) Options {
		return Options{Bodies: budget}
	}, func(*Server) {})
	address := strings.TrimPrefix(s.base, "http://")
	large := []byte("[" + strings.TrimSuffix(strings.Repeat(largeEvent(200<<10)+",", 10), ",") + "]")

	// An unfinished request holds the bytes that it has sent so far.
	half, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := fmt.Fprintf(half, "POST %s/events HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", apiPath, address, len(large),
		large[:1<<20]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "half of a request is in memory", func() bool { return budget.Used() > 2<<20 })

	s.post(apiPath+"/events", string(large)).want(http.StatusServiceUnavailable).problem(http.StatusServiceUnavailable)
	var chunked bytes.Buffer
	fmt.Fprintf(&chunked, "POST %s/events HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", apiPath,
		address, len(large), large)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() { _, _ = conn.Write(chunked.Bytes()) }()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" ||
		answer.Header.Get("Content-Type") != respond.ProblemType {
		t.Errorf("a chunked request got %d with %v", answer.StatusCode, answer.Header)
	}
	s.post(apiPath+"/events", oneEvent).want(http.StatusAccepted) // a neighbour

	half.Close()
	eventually(t, "the aborted request returns its bytes to the budget", func() bool { return budget.Used() == 0 })
	s.post(apiPath+"/events", string(large)).want(http.StatusAccepted)
	eventually(t, "an answered request gives back what it took", func() bool { return budget.Used() == 0 })
	s.get("/metrics").want(http.StatusOK).says(`postern_memory_refused_total{part="bodies"} 2`)
}

// A page of history ends early where its events are large, and the next page
// continues from there.
func TestLargePages_end_early(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	s := startServiceIn(t, t.TempDir(), store.Options{PageBytes: 256 << 10, ReadBytes: 256 << 10}, nil, func(*Server) {})
	const count = 150
	for i := range count {
		size := 20 << 10
		if i%10 == 0 {
			size = 10
		}
		s.post(apiPath+"/events", largeEvent(size)).want(http.StatusAccepted)
	}
	for _, query := range []string{"limit=1000", "limit=1000&order=asc", "limit=1000&q=xxxxxxxx", "limit=1000&source=a&order=asc",
		"limit=1000&event_type=line_crossed"} {
		seen, pages := map[string]int{}, 0
		for next := apiPath + "/events/recent?" + query; next != ""; pages++ {
			var page []struct{ ID string }
			a := s.get(next).want(http.StatusOK)
			a.into(&page)
			// Events in memory aren't copied, so the ring's bound covers them.
			if len(a.body) > 3<<20 {
				t.Fatalf("%s: a page has %d bytes", query, len(a.body))
			}
			for _, e := range page {
				seen[e.ID]++
			}
			next = nextOf(a.header)
		}
		if len(seen) != count || pages < 3 {
			t.Errorf("%s: %d events on %d pages", query, len(seen), pages)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: event %s stands on %d pages", query, id, n)
			}
		}
	}
}

// nextOf returns the address in a Link header; empty where there is none.
func nextOf(header http.Header) string {
	link := header.Get("Link")
	from, to := strings.IndexByte(link, '<'), strings.IndexByte(link, '>')
	if from < 0 || to < from {
		return ""
	}
	return link[from+1 : to]
}

// Unread answers hold a bounded amount of memory, and release it when their
// connection ends.
func TestUnreadAnswers_stay_within_the_budget(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/events/recent?limit=40", "/events/alerts?limit=40", "/holds/%s/events?limit=40"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			testUnreadAnswers(t, path)
		})
	}
}

func testUnreadAnswers(t *testing.T, path string) {
	budget := memory.NewBudget(20 << 20)
	s := startServiceIn(t, t.TempDir(), store.Options{}, func(*posterntest.Postern) Options {
		return Options{Answers: budget}
	}, func(*Server) {})
	for range 40 {
		s.post(apiPath+"/events", strings.Replace(largeEvent(200<<10), "line_crossed", "system_error", 1)).want(http.StatusAccepted)
	}
	if strings.Contains(path, "%s") {
		var hold struct{ ID string }
		s.post(apiPath+"/holds", `{"reason":"a test","event_types":["*"]}`).want(http.StatusOK).into(&hold)
		path = fmt.Sprintf(path, hold.ID)
	}
	answer := s.get(apiPath + path).want(http.StatusOK)
	if n := strings.Count(string(answer.body), `"system_error"`); n != 40 {
		t.Fatalf("a large answer has %d events", n)
	}
	address := strings.TrimPrefix(s.base, "http://")
	var conns []net.Conn
	refused := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		all.Go(func() {
			fmt.Fprintf(conn, "GET %s%s HTTP/1.1\r\nHost: %s\r\n\r\n", apiPath, path, address)
			line := make([]byte, len("HTTP/1.1 503"))
			if _, err := io.ReadFull(conn, line); err != nil {
				t.Errorf("no answer: %v", err)
			}
			if string(line) == "HTTP/1.1 503" {
				mu.Lock()
				refused++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if used := budget.Used(); used > budget.Most() || refused != 6 {
		t.Errorf("%d bytes are taken, %d requests were refused", used, refused)
	}
	s.get(apiPath + "/events/recent?limit=1").want(http.StatusOK) // a neighbour
	for _, conn := range conns {
		conn.Close()
	}
	eventually(t, "closed connections give back what they took", func() bool { return budget.Used() == 0 })
}

// The rest of a refused body is read and dropped. It takes nothing from the
// budget, so that no anonymous sender can use it up.
func TestRefusedBodies_take_no_memory(t *testing.T) {
	t.Parallel()
	budget := memory.NewBudget(1 << 20)
	s := startServiceIn(t, t.TempDir(), store.Options{}, func(*posterntest.Postern) Options {
		return Options{Bodies: budget}
	}, func(*Server) {})
	s.post(apiPath+"/events/webhooks", strings.Repeat(" ", 4<<20)).want(http.StatusRequestEntityTooLarge)
	if n := budget.Refused(); n != 0 {
		t.Errorf("the budget was asked for more than it has %d times", n)
	}
	eventually(t, "nothing is taken", func() bool { return budget.Used() == 0 })
}
