package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// TestExampleProxiesPassEventsAtOnce runs the example configurations, each in
// its own server where that is installed: events come through them as they
// happen, on a websocket and in a stream.
func TestExampleProxiesPassEventsAtOnce(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if code, _, stderr := command(t, nil, "user", "add", "root", "--role", "administrator", "--generate", "--data", data); code != 0 {
		t.Fatalf("user add: exit %d, %s", code, stderr)
	}
	_, out, _ := command(t, nil, "key", "add", "reader", "--scope", "read,ingest", "--data", data)
	bearer := "Bearer " + regexp.MustCompile(`pst_\w+`).FindString(out)
	behind := strings.TrimPrefix(start(t, data, "--trusted-proxy", "127.0.0.1").base, "http://")
	for _, server := range []struct {
		program, example, scheme string
		command                  func(dir, example, at string) []string
	}{
		{"nginx", "nginx.conf", "https", func(dir, example, at string) []string {
			cert, key := selfSigned(t, dir, 1)
			inner := strings.NewReplacer("listen 443", "listen "+at, "/etc/ssl/postern.pem", cert, "/etc/ssl/postern.key", key).Replace(example)
			var temporary strings.Builder
			for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
				fmt.Fprintf(&temporary, "%s_temp_path %s/%s;\n", name, dir, name)
			}
			write(t, dir+"/conf", "daemon off; master_process off; pid "+dir+"/pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n"+temporary.String()+inner+"}\n")
			return []string{"nginx", "-e", "stderr", "-c", dir + "/conf"}
		}},
		{"caddy", "Caddyfile", "http", func(dir, example, at string) []string {
			write(t, dir+"/conf", "{\n\tadmin off\n}\n"+strings.Replace(example, "postern.example.com", "http://"+at, 1))
			return []string{"caddy", "run", "--adapter", "caddyfile", "--config", dir + "/conf"}
		}},
	} {
		t.Run(server.program, func(t *testing.T) {
			if _, err := exec.LookPath(server.program); err != nil {
				t.Skipf("%s isn't installed: deploy/proxy/%s isn't run", server.program, server.example)
			}
			example, err := os.ReadFile("../../deploy/proxy/" + server.example)
			if err != nil {
				t.Fatal(err)
			}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			at, dir := ln.Addr().String(), t.TempDir()
			ln.Close()
			args := server.command(dir, strings.ReplaceAll(string(example), "127.0.0.1:8000", behind), at)
			cmd, log := exec.Command(args[0], args[1:]...), &syncBuffer{}
			cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "HOME="+dir), log, log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				if t.Failed() {
					t.Log(log.String())
				}
			})
			insecure := &tls.Config{InsecureSkipVerify: true}
			client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: insecure}}
			ask := func(method, path, body string) (*http.Response, error) {
				req, err := http.NewRequest(method, server.scheme+"://"+at+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", bearer)
				return client.Do(req)
			}
			eventually(t, "it listens", func() bool {
				res, err := ask("GET", "/readyz", "")
				if err == nil {
					res.Body.Close()
				}
				return err == nil && res.StatusCode == 200
			})
			stream, err := ask("GET", "/api/v1/events/stream", "")
			if err != nil || stream.StatusCode != 200 {
				t.Fatalf("%v %v", stream, err)
			}
			defer stream.Body.Close()
			lines := bufio.NewScanner(stream.Body)
			dialer := websocket.Dialer{TLSClientConfig: insecure}
			socket, _, err := dialer.Dial(strings.Replace(server.scheme, "http", "ws", 1)+"://"+at+"/api/v1/events/stream", http.Header{"Authorization": {bearer}})
			if err != nil {
				t.Fatal(err)
			}
			defer socket.Close()
			_ = socket.SetReadDeadline(time.Now().Add(30 * time.Second))
			next := map[string]func() string{
				"the stream": func() string { lines.Scan(); return lines.Text() },
				"the websocket": func() string {
					_, b, err := socket.ReadMessage()
					if err != nil {
						t.Fatal(err)
					}
					return string(b)
				},
			}
			for name, read := range next {
				if first := read(); !strings.Contains(first, "heartbeat") {
					t.Errorf("%s begins with %s", name, first)
				}
			}
			posted, err := ask("POST", "/api/v1/events", `{"id":"through-`+server.program+`","type":"face_detected","source":"x"}`)
			if err != nil || posted.StatusCode != http.StatusAccepted {
				t.Fatalf("%v %v", posted, err)
			}
			posted.Body.Close()
			for name, read := range next {
				if got := read(); !strings.Contains(got, `"through-`+server.program+`"`) {
					t.Errorf("%s has %s", name, got)
				}
			}
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Clean(file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
