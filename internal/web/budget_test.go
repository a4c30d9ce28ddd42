//go:build !race

package web

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"postern/internal/account"
)

// TestBudgetEventsPost holds what a request with one event costs from the
// socket to the disk and back. Allocations don't depend on the machine; the
// race detector makes its own, and drops what is pooled.
func TestBudgetEventsPost(t *testing.T) {
	const body = `{"type":"watchlist_alert","timestamp":"2026-03-19T10:32:15+00:00","source":"face_pipeline",` +
		`"data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.9312,"watchlist":"vip"},"camera_id":"lobby-cam-1"}`
	open, asking := startService(t), startGuarded(t)
	for _, c := range []struct {
		name    string
		s       *service
		headers []string
		budget  float64
	}{
		// Recorded: 46. Decoding makes 6, a commit of one event 25, its row among
		// the open alerts 8, the rest is strings of Fiber's and the answer. A few
		// more are for other work of the process.
		{"open to its machine", open, nil, 49},
		// Recorded: 57. The key is looked at twice: for the bound of the
		// body, and for its principal.
		{"with a key", asking.service, asking.key("camera", account.ScopeIngest), 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(c.s.base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			var request bytes.Buffer
			fmt.Fprintf(&request, "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n", len(body))
			if c.headers != nil {
				fmt.Fprintf(&request, "%s: %s\r\n", c.headers[0], c.headers[1])
			}
			request.WriteString("\r\n" + body)
			answers := bufio.NewReader(conn)
			n := testing.AllocsPerRun(100, func() {
				if _, err := conn.Write(request.Bytes()); err != nil {
					t.Fatal(err)
				}
				if status := readAnswer(t, answers); status != http.StatusAccepted {
					t.Fatalf("the answer is %d", status)
				}
			})
			if n > c.budget {
				t.Errorf("%v allocations, the budget is %v", n, c.budget)
			}
		})
	}
}

// readAnswer reads a response without allocating and returns its status.
func readAnswer(t *testing.T, r *bufio.Reader) (status int) {
	t.Helper()
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			t.Fatal(err)
		}
		switch name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" ")); {
		case len(name) == 0:
			if _, err := r.Discard(length); err != nil {
				t.Fatal(err)
			}
			return status
		case status == 0:
			status = number(value[:3])
		case string(name) == "Content-Length:":
			length = number(value)
		}
	}
}

func number(digits []byte) (n int) {
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}
