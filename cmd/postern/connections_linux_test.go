package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// crowd are connections from one address, each with the beginning of a request.
type crowd []net.Conn

// dialFrom opens a connection to the daemon from an address of this machine.
func (d *daemon) dialFrom(address string) net.Conn {
	d.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 20 * time.Second}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(d.base, "http://"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	return conn
}

func (d *daemon) crowd(n int, address, begin string) (c crowd) {
	d.t.Helper()
	for range n {
		conn := d.dialFrom(address)
		_, _ = io.WriteString(conn, begin)
		c = append(c, conn)
	}
	return c
}

func (c crowd) close() {
	for _, conn := range c {
		conn.Close()
	}
}

// askFrom sends a request from an address on a connection of its own.
func (d *daemon) askFrom(address, method, path, key, body string) (status int, answer string) {
	d.t.Helper()
	conn := d.dialFrom(address)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	authorization := ""
	if key != "" {
		authorization = "Authorization: Bearer " + key + "\r\n"
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", method, path,
		authorization, len(body), body)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		d.t.Fatalf("%s %s from %s: %v", method, path, address, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// metric returns the value of a metric.
func (d *daemon) metric(key, name string) int {
	d.t.Helper()
	status, text := d.askFrom("127.0.0.200", "GET", "/metrics", key, "")
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` ([0-9.e+]+)$`).FindStringSubmatch(text)
	if status != 200 || m == nil {
		d.t.Fatalf("metrics: status %d, %s: %v", status, name, m)
	}
	value, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		d.t.Fatal(err)
	}
	return int(value)
}

const (
	idle     = ""
	halfHead = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
	halfBody = "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{"
	oneMore  = `{"type":"line_crossed","source":"x"}`
)

// TestFewFileDescriptors_serve_in_spite_of_a_crowd runs Postern with 1,024 file
// descriptors, as a shell gives it, and opens many more connections than that.
func TestFewFileDescriptors_serve_in_spite_of_a_crowd(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	works(t, testPassword, data, "user", "add", "root", "--role", "administrator")
	key := strings.TrimSpace(works(t, "", data, "key", "add", "engine", "--scope", "ingest,read,monitor"))
	cmd := exec.Command("sh", "-c", `ulimit -n 1024; exec "$@"`, "sh", binary, "serve", "--listen", "127.0.0.1:0",
		"--require-access", "--data", data)
	cmd.Env = cleanEnv()
	d := startProcess(t, cmd)
	if n := d.metric(key, "postern_connections_limit"); n != 768 {
		t.Errorf("%d connections may be open", n)
	}

	events := 0
	serves := func(when string) {
		t.Helper()
		for _, address := range []string{"127.0.0.9", "127.0.0.1"} { // another client, and the greedy one itself
			if status, answer := d.askFrom(address, "POST", "/api/v1/events", key, oneMore); status != 202 {
				t.Errorf("%s: an event from %s got %d %s", when, address, status, answer)
			}
			events++
		}
		if status, answer := d.askFrom("127.0.0.50", "GET", "/readyz", "", ""); status != 200 {
			t.Errorf("%s: not ready: %d %s", when, status, answer)
		}
		files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) > 1000 {
			t.Errorf("%s: %d files are open", when, len(files))
		}
	}
	for name, begin := range map[string]string{"idle": idle, "half a head": halfHead, "half a body": halfBody} {
		one := d.crowd(1100, "127.0.0.1", begin)
		serves("1,100 connections of one client, " + name)
		many := crowd{}
		for i := range 6 {
			many = append(many, d.crowd(250, fmt.Sprintf("127.0.1.%d", i+1), begin)...)
		}
		serves("1,500 more of six, " + name)
		one.close()
		many.close()
		serves("afterwards, " + name)
	}
	if n := d.metric(key, "postern_connections_displaced_total"); n < 5000 {
		t.Errorf("%d connections were displaced", n)
	}
	if n := d.metric(key, "postern_accept_errors_total"); n != 0 {
		t.Errorf("accept failed %d times", n)
	}
	if n := strings.Count(d.log.String(), "waiting connections were closed to make room"); n < 1 || n > 3 {
		t.Errorf("%d log lines", n)
	}
	_, answer := d.askFrom("127.0.0.9", "GET", "/api/v1/events/recent?limit=100", key, "")
	if n := strings.Count(answer, `"line_crossed"`); n != events {
		t.Errorf("%d of %d events are kept", n, events)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// TestHalfSentRequests_of_one_client_leave_others_alone opens more connections
// from one address than it may have. None of its requests is ever whole.
func TestHalfSentRequests_of_one_client_leave_others_alone(t *testing.T) {
	t.Parallel()
	d := start(t, t.TempDir(), "--max-connections", "6000", "--max-connections-per-client", "2000")

	// A head that drips a byte a second is cut after ten seconds.
	dripping := d.dialFrom("127.0.0.40")
	began, answered := time.Now(), make(chan string, 1)
	go func() {
		_ = dripping.SetReadDeadline(began.Add(30 * time.Second))
		answer, _ := io.ReadAll(dripping)
		answered <- string(answer)
	}()
	half := d.crowd(4000, "127.0.0.1", halfHead)
	if n := d.metric("", "postern_connections"); n > 2100 {
		t.Errorf("%d connections are open", n)
	}
	if n := d.metric("", "postern_connections_displaced_total"); n < 1990 {
		t.Errorf("%d connections were displaced", n)
	}
	slowest := time.Duration(0)
	for i := range 100 {
		asked := time.Now()
		if status, answer := d.askFrom(fmt.Sprintf("127.0.2.%d", i%10+1), "POST", "/api/v1/events", "", oneMore); status != 202 {
			t.Fatalf("another client got %d %s", status, answer)
		}
		slowest = max(slowest, time.Since(asked))
	}
	t.Logf("the slowest of 100 requests of others took %s", slowest)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var answer string
	for cut := false; !cut; {
		_, _ = io.WriteString(dripping, "x")
		select {
		case answer = <-answered:
			cut = true
		case <-tick.C:
		}
	}
	if took := time.Since(began); !strings.HasPrefix(answer, "HTTP/1.1 408 ") || took < 9*time.Second || took > 20*time.Second {
		t.Errorf("the dripping head got %.40q after %s", answer, took)
	}
	for end := time.Now().Add(20 * time.Second); d.metric("", "postern_connections") > 100; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the half-sent requests stay open")
		}
	}
	half.close()
}

// TestTooManyOpenFiles_are_waited_out takes the file descriptors away while
// Postern runs.
func TestTooManyOpenFiles_are_waited_out(t *testing.T) {
	t.Parallel()
	d := start(t, t.TempDir())
	pid := d.cmd.Process.Pid
	limit := func(files uint64) {
		t.Helper()
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: 1024}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := d.askFrom("127.0.0.2", "POST", "/api/v1/events", "", oneMore); status != 202 {
		t.Fatal(status)
	}
	limit(4) // fewer than are open
	waiting := d.crowd(20, "127.0.0.2", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	for end := time.Now().Add(20 * time.Second); !strings.Contains(d.log.String(),
		"connections can't be accepted"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it isn't logged")
		}
	}
	limit(1024)
	for _, conn := range waiting {
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("a connection that waited got %v, %v", res, err)
		}
	}
	if n := d.metric("", "postern_accept_errors_total"); n == 0 {
		t.Error("no error is counted")
	}
	if text := d.log.String(); !strings.Contains(text, "too many open files") || strings.Count(text, "connections can't be accepted") != 1 {
		t.Errorf("the log has %s", text)
	}
	if status, _ := d.askFrom("127.0.0.2", "POST", "/api/v1/events", "", oneMore); status != 202 {
		t.Error(status)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}
