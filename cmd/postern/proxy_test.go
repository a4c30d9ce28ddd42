package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
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

	"postern/internal/event"
	"postern/internal/porttest"
)

// proxied is Postern behind a proxy with one of the example configurations.
type proxied struct {
	t       *testing.T
	program string
	url     string // of the proxy
	client  *http.Client
	key     string // an Authorization header
	postern *daemon
	data    string
	address string // of Postern, also after a restart
}

// exampleProxies are the proxies with an example configuration. Each entry
// starts its proxy in a folder of its own.
var exampleProxies = []struct {
	program, example, scheme string
	command                  func(t *testing.T, dir, example, at string) []string
}{
	{"nginx", "nginx.conf", "https", func(t *testing.T, dir, example, at string) []string {
		cert, key := selfSigned(t, dir, 1)
		inner := strings.NewReplacer("listen 443", "listen "+at, "/etc/ssl/postern.pem", cert, "/etc/ssl/postern.key", key).Replace(example)
		var temporary strings.Builder
		for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			fmt.Fprintf(&temporary, "%s_temp_path %s/%s;\n", name, dir, name)
		}
		write(t, dir+"/conf", "daemon off; master_process off; pid "+dir+"/pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n"+
			temporary.String()+inner+"}\n")
		return []string{"nginx", "-e", "stderr", "-c", dir + "/conf"}
	}},
	{"caddy", "Caddyfile", "http", func(t *testing.T, dir, example, at string) []string {
		write(t, dir+"/conf", "{\n\tadmin off\n}\n"+strings.Replace(example, "postern.example.com", "http://"+at, 1))
		return []string{"caddy", "run", "--adapter", "caddyfile", "--config", dir + "/conf"}
	}},
}

// behindEach runs a test behind each of the example proxies.
func behindEach(t *testing.T, test func(t *testing.T, p *proxied)) {
	for _, server := range exampleProxies {
		t.Run(server.program, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(server.program); err != nil {
				t.Skipf("%s isn't installed (make tools does it as root): deploy/proxy/%s isn't run", server.program, server.example)
			}
			example, err := os.ReadFile("../../deploy/proxy/" + server.example)
			if err != nil {
				t.Fatal(err)
			}
			p := &proxied{t: t, program: server.program, data: t.TempDir(), address: freeAddress(t)}
			if code, _, stderr := command(t, nil, "user", "add", "root", "--role", "administrator", "--generate", "--data", p.data); code != 0 {
				t.Fatalf("user add: exit %d, %s", code, stderr)
			}
			_, out, _ := command(t, nil, "key", "add", "reader", "--scope", "read,ingest", "--data", p.data)
			p.key = "Bearer " + regexp.MustCompile(`pst_\w+`).FindString(out)
			p.start()
			at, dir := freeAddress(t), t.TempDir()
			p.url = server.scheme + "://" + at
			p.client = &http.Client{Timeout: 3 * time.Minute,
				Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
			args := server.command(t, dir, strings.ReplaceAll(string(example), "127.0.0.1:8000", p.address), at)
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
			eventually(t, "it listens", func() bool {
				conn, err := net.Dial("tcp", at)
				if err == nil {
					conn.Close()
				}
				return err == nil
			})
			test(t, p)
		})
	}
}

// start starts Postern where the proxy looks for it.
func (p *proxied) start() {
	p.t.Helper()
	p.postern = start(p.t, p.data, "--trusted-proxy", "127.0.0.1", "--listen", p.address)
}

// ask sends a request to the proxy.
func (p *proxied) ask(method, path, body string, headers ...string) *http.Response {
	p.t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", p.key)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { res.Body.Close() })
	return res
}

func (p *proxied) post(id string) {
	p.t.Helper()
	if res := p.ask("POST", "/api/v1/events", `{"id":"`+id+`","type":"face_detected","source":"x"}`); res.StatusCode != http.StatusAccepted {
		p.t.Fatal(res.Status)
	}
}

// TestExampleProxiesPassEventsAtOnce follows events as they happen, on a
// websocket and in a stream.
func TestExampleProxiesPassEventsAtOnce(t *testing.T) {
	t.Parallel()
	behindEach(t, func(t *testing.T, p *proxied) {
		stream := p.ask("GET", "/api/v1/events/stream", "")
		if stream.StatusCode != 200 {
			t.Fatal(stream.Status)
		}
		lines := bufio.NewScanner(stream.Body)
		dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		// A browser's page sends its Origin, without the default port.
		socket, _, err := dialer.Dial(strings.Replace(p.url, "http", "ws", 1)+"/api/v1/events/stream",
			http.Header{"Authorization": {p.key}, "Origin": {p.url}})
		if err != nil {
			t.Fatal(err)
		}
		defer socket.Close()
		_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
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
		p.post("through-" + p.program)
		for name, read := range next {
			if got := read(); !strings.Contains(got, `"through-`+p.program+`"`) {
				t.Errorf("%s has %s", name, got)
			}
		}
	})
}

func TestExampleProxiesPassWhatPosternTakesAndSays(t *testing.T) {
	t.Parallel()
	behindEach(t, func(t *testing.T, p *proxied) {
		https := strings.HasPrefix(p.url, "https://")
		one := `{"type":"face_detected","source":"x"}`
		res := p.ask("POST", "/api/v1/events", one+strings.Repeat(" ", event.MaxRequestBytes-len(one)))
		if res.StatusCode != http.StatusAccepted || https != (res.ProtoMajor == 2) {
			t.Errorf("a body of the largest size: %s by %s", res.Status, res.Proto)
		}
		if hsts := res.Header.Values("Strict-Transport-Security"); https != (len(hsts) == 1) {
			t.Errorf("Strict-Transport-Security: %q at %s", hsts, p.url)
		}
		res = p.ask("POST", "/api/v1/events", one+strings.Repeat(" ", event.MaxRequestBytes))
		if res.StatusCode != http.StatusRequestEntityTooLarge || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("a body that is too large: %s, %s", res.Status, res.Header.Get("Content-Type"))
		}
		// A page's own address is what the browser has.
		if res := p.ask("GET", "/api/v1/events/recent?limit=1", "", "Origin", p.url, "Sec-Fetch-Site", "same-origin"); res.StatusCode != 200 {
			body, _ := io.ReadAll(res.Body)
			t.Errorf("%s %s", res.Status, body)
		}
	})
}

// TestEventSourceBehindExampleProxiesSurvivesARestart stops Postern until an
// EventSource has tried to reconnect. The proxy's answer must not end the
// EventSource for good.
func TestEventSourceBehindExampleProxiesSurvivesARestart(t *testing.T) {
	t.Parallel()
	behindEach(t, func(t *testing.T, p *proxied) {
		p.post("before")
		source := newEventSource(t, p.client, p.url+"/api/v1/events/stream?after=0", p.key)
		if got := source.next(t); got != "before" {
			t.Fatal(got)
		}
		for _, id := range []string{"after-1", "after-2"} {
			asked := source.asked.Load()
			if code := p.postern.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
			eventually(t, "it asks while Postern is away", func() bool { return source.asked.Load() > asked })
			p.start()
			p.post(id)
			if got := source.next(t); got != id {
				t.Fatalf("got %s, want %s: each event comes once, in order", got, id)
			}
		}
		// Programs that don't reconnect by themselves get the cause of the
		// error.
		if p.program == "nginx" {
			p.postern.stop()
			for _, path := range []string{"/api/v1/events/stream", "/healthz"} {
				if res := p.ask("GET", path, ""); res.StatusCode != http.StatusBadGateway {
					t.Errorf("%s: %s", path, res.Status)
				}
			}
			res := p.ask("GET", "/api/v1/events/stream", "", "Accept", "text/event-stream")
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != 200 || !bytes.Equal(body, []byte("retry: 2000\n\n")) {
				t.Errorf("%s %q %v", res.Status, body, err)
			}
		}
	})
}

// freeAddress is an address for a program that can't choose its own port.
func freeAddress(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + porttest.Free(t)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Clean(file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
