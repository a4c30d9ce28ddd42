package web

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/hubtest"
)

// maxExports is how many exports may be under way.
const maxExports = 4

// fill posts n events with the ids e0, e1 and so on.
func (s *service) fill(n int) {
	s.t.Helper()
	for from := 0; from < n; from += 5000 {
		var lines strings.Builder
		for i := from; i < min(n, from+5000); i++ {
			kind := []string{"face_matched", "line_crossed", "system_error"}[i%3]
			fmt.Fprintf(&lines, `{"id":"e%d","type":"%s","source":"s","camera_id":"cam-%d","timestamp":"2026-03-19T10:%02d:00Z",`+
				`"data":{"label":"Person %d"}}`+"\n", i, kind, i%5, i%60, i)
		}
		s.post("/api/v1/events", lines.String()).want(202)
	}
}

var exportedID = regexp.MustCompile(`(?m)^\{"id":"(e\d+)"`)

func exportedIDs(body []byte) (ids []string) {
	for _, m := range exportedID.FindAllSubmatch(body, -1) {
		ids = append(ids, string(m[1]))
	}
	return ids
}

func TestExportHasEveryEventThatPassesTheFilter(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.fill(1234) // more than the ring holds, and no whole number of pages
	for query, want := range map[string]int{
		"": 1234, "order=asc": 1234, "event_type=face_matched": 412, "camera_id=cam-3&camera_id=cam-4&order=asc": 493,
		"q=person+12": 1 + 10 + 34, "since=2026-03-19T10:58:00Z&until=2026-03-19T10:59:00Z": 20, "camera_id=nowhere": 0, "since=-1h": 0,
	} {
		a := s.get("/api/v1/events/export?" + query).want(200)
		ids := exportedIDs(a.body)
		if len(ids) != want {
			t.Errorf("%s: %d events, want %d", query, len(ids), want)
		}
		last := -1
		for _, id := range ids {
			var n int
			fmt.Sscanf(id, "e%d", &n)
			if last >= 0 && (n > last) != strings.Contains(query, "asc") {
				t.Fatalf("%s: e%d comes after e%d", query, n, last)
			}
			last = n
		}
		if got := a.header.Get("Content-Type"); got != "application/x-ndjson" {
			t.Errorf("content type %q", got)
		}
		if got := a.header.Get("Content-Disposition"); !regexp.MustCompile(
			`^attachment; filename="postern-events-\d{8}T\d{6}Z\.ndjson"$`).MatchString(got) {
			t.Errorf("disposition %q", got)
		}
	}
	// A line is the event as the API answers it.
	one := s.get("/api/v1/events/e7").want(200)
	if lines := s.get("/api/v1/events/export?q=e7&order=asc"); !strings.Contains(string(lines.body), string(one.body)+"\n") {
		t.Errorf("%s is not in %s", one.body, lines.body)
	}
}

func TestExportAsTableIsReadByOthersAndRunsNoFormulas(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post("/api/v1/events", `[
		{"id":"one","type":"face_matched","source":"=cmd|' /C calc'!A0","camera_id":"@SUM(A1)","timestamp":"2026-03-19T10:32:15.5+02:00","data":{"label":"=HYPERLINK(\"http://x\")","note":"a, \"b\"\nc"}},
		{"id":"-two","type":"line_crossed","source":"+1","data":{"line":"Zürich, 東京"}}
	]`).want(202)
	a := s.get("/api/v1/events/export?format=csv&order=asc").want(200)
	if !strings.HasPrefix(string(a.body), "id,type,timestamp,received,source,camera_id,summary,data,producer_id,site\r\n") ||
		strings.Count(string(a.body), "\r\n") != 3 {
		t.Errorf("not as RFC 4180 has it: %q", a.body)
	}
	if got := a.header.Get("Content-Type"); got != "text/csv; charset=utf-8; header=present" {
		t.Errorf("content type %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	received := rows[1][3]
	if _, err := time.Parse(time.RFC3339Nano, received); err != nil {
		t.Error(err)
	}
	want := []string{"one", "face_matched", "2026-03-19T08:32:15.500000+00:00", received, "'=cmd|' /C calc'!A0", "'@SUM(A1)",
		`'=HYPERLINK("http://x") matched at @SUM(A1)`, `{"label":"=HYPERLINK(\"http://x\")","note":"a, \"b\"\nc"}`, "", ""}
	if got := fmt.Sprint(rows[1]); got != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", rows[1], want)
	}
	if rows[2][0] != "'-two" || rows[2][4] != "'+1" || !strings.Contains(rows[2][6], "Zürich, 東京") {
		t.Errorf("%q", rows[2])
	}
}

func TestExportRefusesWhatItDoesNotHave(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for query, says := range map[string]string{
		"format=xml": "ndjson", "limit=5": "limit", "cursor=ZDEy": "cursor", "event_type=face": "face_detected",
		"since=yesterday": "-15m", "order=up": "asc",
	} {
		if p := s.get("/api/v1/events/export?" + query).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	s.post("/api/v1/events", `{"id":"export","type":"face_matched","source":"a"}`).problem(400)
	if a := s.get("/api/v1/events/export").want(200); len(a.body) != 0 {
		t.Errorf("an empty store gave %s", a.body)
	}
	if a := s.do("HEAD", "/api/v1/events/export?format=csv", "").want(200); len(a.body) != 0 {
		t.Errorf("HEAD gave %s", a.body)
	}
}

func TestExportIsOfTheMomentThatItWasAskedFor(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.fill(3000)
	for _, order := range []string{"asc", "desc"} {
		stop := make(chan struct{})
		var publishing sync.WaitGroup
		publishing.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					s.post("/api/v1/events", fmt.Sprintf(`{"id":"%s-%d","type":"face_matched","source":"late"}`, order, i)).want(202)
				}
			}
		})
		ids := exportedIDs(s.get("/api/v1/events/export?order=" + order).want(200).body)
		close(stop)
		publishing.Wait()
		if len(ids) != 3000 {
			t.Fatalf("%s: %d events of 3000", order, len(ids))
		}
		for i, id := range ids {
			n := i
			if order == "desc" {
				n = 2999 - i
			}
			if id != fmt.Sprint("e", n) {
				t.Fatalf("%s: %s is at %d", order, id, i)
			}
		}
	}
}

// ask sends a request on a connection of its own, whose receiving end holds
// little, and reads the answer's head.
func (s *service) ask(path string) (net.Conn, *http.Response) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(256 << 10); err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
	res, err := http.ReadResponse(bufio.NewReaderSize(conn, 4<<10), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, res
}

func TestExportsAreBoundedAndLeaveWithTheirReaders(t *testing.T) {
	t.Parallel()
	s := startService(t)
	hubtest.FillWithLarge(t, s.hub)
	var open []net.Conn
	for range maxExports {
		conn, res := s.ask("/api/v1/events/export")
		if res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
		open = append(open, conn)
	}
	a := s.get("/api/v1/events/export")
	if p := a.problem(429); a.header.Get("Retry-After") == "" || !strings.Contains(p.Detail, "exports are under way") {
		t.Errorf("%v %v", p, a.header)
	}
	// Another request is answered all the while.
	s.get("/api/v1/events/recent?limit=1").want(200)
	// A client that disconnects makes room.
	open[0].Close()
	for end := time.Now().Add(liveTime); ; {
		if a := s.get("/api/v1/events/export?q=nothing"); a.status == 200 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("an export that nobody reads goes on")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestExportThatFailsDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	s := startService(t)
	hubtest.FillWithLarge(t, s.hub)
	_, res := s.ask("/api/v1/events/export?order=asc&event_type=face_matched")
	// The store fails while most of it is still to be read.
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the body ended with %v", err)
	}
}
