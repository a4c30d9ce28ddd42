package webhook

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// writtenTarget is the expected target of a URL's request line: the text after
// the host, byte for byte.
func writtenTarget(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	target := ""
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		target = rest[at:]
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + target // HTTP has no empty path
	}
	return target
}

// wireTargets are paths and queries that may be registered.
var wireTargets = []string{
	"", "/", "?", "/?", "?a=b", "??", "/a", "//a", "//a//b//", "/a/", "/a/.", "/a/../b", "/../..", "/.", "/a/%2e%2e/b",
	"/a%2Fb", "/a%2fb", "/%2F", "/%2F%2F/x", "/a%2Fb/c%3Fd%23e", "/%41%62c", "/%7Euser/~user", "/%C3%BC", "/%c3%bC", "/%00", "/%25", "/%2525",
	"/a%20b", "/a+b", "/a%2Bb", "/a;b=c,d", "/a:b@c", "/!$&'()*+,;=:@", "/%7B%7D%22%3C%3E%5C%5E%60%7C", "/a%7Bb%7D%2Fc",
	"/in?token=a%2Fb", "/in?a=1&b=2", "/in?a=1&&b", "/in?&=", "/in?b=2&a=1", "/in?a=%22x%22", "/in?a=%7B%22x%22%3A1%7D", "/in?a=x%7Cy", "/in?a=%C3%BC", "/in?a=%fc",
	"/in?a[]=1&a[]=2", "/in?a=/b/../c?d", "/in?a=b+c%20d%2B", "/in?a=!$&'()*+,;=:@/?~", "/in?a=100%25", "/in?url=https://other.example/x?y=z", "/in?a=1;b=2",
	"/" + strings.Repeat("a%2F", 400),
}

func TestRegisteredURLsAreCalledByteForByte(t *testing.T) {
	t.Parallel()
	lines := make(chan [2]string, 1)
	address := rawServer(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		line, _ := r.ReadString('\n')
		host, _ := r.ReadString('\n')
		lines <- [2]string{strings.TrimSpace(line), strings.TrimSpace(host)}
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		_, _ = r.WriteTo(io.Discard)
	})
	_, port, _ := net.SplitHostPort(address)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, r.Proto, " ", r.RequestURI, " ", r.Host)
	}))
	secure.EnableHTTP2 = true
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{authority.issue(t, time.Now().Add(time.Hour), "127.0.0.1")}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	open := rules{allowHTTP: true, guard: NewGuard(loopback.AllowTargets)}
	for _, target := range wireTargets {
		raw := "http://" + address + target
		if words := open.checkURL(raw); words != "" {
			t.Errorf("%s is refused: it %s", raw, words)
			continue
		}
		if r := sendTo(t, clientFor(t, raw)); r.class != ClassNone {
			t.Fatalf("%s: %+v", raw, r)
		}
		if got, want := <-lines, "POST "+writtenTarget(raw)+" HTTP/1.1"; got != [2]string{want, "Host: " + address} {
			t.Errorf("%s is called as %q, want %q", raw, got, want)
		}
		r := sendTo(t, clientFor(t, secure.URL+target))
		if want := "HTTP/2.0 " + writtenTarget(raw) + " " + secure.Listener.Addr().String(); r.response != want {
			t.Errorf("over HTTP/2 %s is called as %q, want %q", raw, r.response, want)
		}
	}
	// The host as it is written, except for names that aren't ASCII.
	for _, host := range []string{"localhost:" + port, "LOCALHOST:" + port, "127.0.0.1:" + port, "localhost.:" + port} {
		if r := sendTo(t, clientFor(t, "http://"+host+"/in")); r.class != ClassNone {
			t.Logf("%s: %+v", host, r) // not every machine knows all of these
			continue
		}
		if got := <-lines; got[1] != "Host: "+host {
			t.Errorf("the host %s is called as %q", host, got[1])
		}
	}
}

// The default port is left as it is written, and a name becomes what is looked
// up.
func TestHostsOnTheWire(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://example.com/":                "example.com",
		"https://example.com:443/":            "example.com:443",
		"http://example.com:80/":              "example.com:80",
		"https://EXAMPLE.com/":                "EXAMPLE.com",
		"https://example.com./":               "example.com.",
		"https://bücher.example/":             "xn--bcher-kva.example",
		"https://BÜCHER.example:8443/":        "xn--bcher-kva.example:8443",
		"https://xn--bcher-kva.example/":      "xn--bcher-kva.example",
		"https://[2606:4700:4700::1111]/":     "[2606:4700:4700::1111]",
		"https://[2606:4700:4700::1111]:444/": "[2606:4700:4700::1111]:444",
	} {
		if words := (rules{allowHTTP: true, guard: NewGuard(nil)}).checkURL(raw); words != "" {
			t.Errorf("%s is refused: it %s", raw, words)
		}
		c := clientFor(t, raw)
		var wire strings.Builder
		if err := c.request(parcel{event: someEvent(t)}, time.Now(), 0).Write(&wire); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire.String())))
		if err != nil || r.Host != want {
			t.Errorf("%s is called at %q, want %q; %v", raw, r.Host, want, err)
		}
	}
}

func TestURLsThatWouldChangeOnTheWireAreRefused(t *testing.T) {
	t.Parallel()
	open := rules{allowHTTP: true, guard: NewGuard(nil), payloads: newPayloads(nil, "")}
	for target, want := range map[string]string{
		`/a{b}`:                  "has { } in its path, which must be escaped; write %7B %7D",
		`/a%2Fb{c}`:              "write %7B %7D",
		`/a"b`:                   `has " in its path, which must be escaped; write %22`,
		`/a|b`:                   "%7C",
		`/a\b`:                   "%5C",
		`/a^b`:                   "%5E",
		"/a`b":                   "%60",
		`/<a>`:                   "%3C %3E",
		`/a[0]`:                  "has [ ] in its path",
		`/bücher`:                "has ü in its path, which must be escaped; write %C3%BC",
		`/世界`:                    "write %E4%B8%96 %E7%95%8C",
		`/in?q="x"`:              `has " in its query, which must be escaped; write %22`,
		`/in?q={"a":1}`:          `has { " } in its query`,
		`/in?q=a|b`:              "write %7C",
		`/in?q=ü`:                "has ü in its query, which must be escaped; write %C3%BC",
		`/in?q=é` + "\u0301":     "write %C3%A9 %CC%81",
		`/in?q=a\b^c` + "`":      "write %5C %5E %60",
		`?q=<x>`:                 "has < > in its query",
		`/in?q=` + "{}|<>^`\"\\": "write %7B %7D %7C %3C %3E, and escape the others in the same way",
		`/in?q=100%`:             "has a % in its query without two hexadecimal digits after it; write the character % as %25",
		`/in?q=%zz`:              "%25",
		`/in?q=%2`:               "%25",
		`/in?%`:                  "%25",
		`/in?q=%u00fc`:           "%25",
		`/100%`:                  "has a % in its path",
		`/%g0`:                   "has a % in its path",
		`/%2`:                    "has a % in its path",
	} {
		if message := says(t, checkURL(open, "https://example.com"+target), "url"); !strings.Contains(message, want) {
			t.Errorf("%s: the refusal says %q, want %q", target, message, want)
		}
	}
	for _, host := range []string{`exam"ple.com`, "exam<ple.com", "ex!ample.com", "exam$ple.com", "a,b.example", "b%C3%BCcher.example"} {
		if message := says(t, checkURL(open, "https://"+host+"/"), "url"); !strings.Contains(message, "host") && !strings.Contains(message, "can't be read") {
			t.Errorf("%s: the refusal says %q", host, message)
		}
	}
}

// The URL that the refusal suggests has to work.
func TestAdviceOnEncodingWorks(t *testing.T) {
	t.Parallel()
	open := rules{guard: NewGuard(nil)}
	for _, part := range []string{"/", "/in?q="} {
		for c := rune(0x21); c < 0x2000; c++ {
			if strings.ContainsRune("#%/?", c) {
				continue
			}
			raw := "https://example.com" + part + string(c)
			words := open.checkURL(raw)
			_, advice, found := strings.Cut(words, "; write ")
			if !found {
				if _, err := url.Parse(raw); words == "" && (err != nil || !strings.HasSuffix(writtenTarget(raw), string(c))) {
					t.Errorf("%q is taken", raw)
				}
				continue
			}
			if decoded, err := url.PathUnescape(advice); err != nil || decoded != string(c) {
				t.Errorf("%q: the refusal advises %q", raw, advice)
			}
			if words := open.checkURL("https://example.com" + part + advice); words != "" {
				t.Errorf("%q: the refusal advises %q, and then: it %s", raw, advice, words)
			}
		}
	}
}

// Every accepted URL is called as it is written.
func TestAnyURLThatIsTakenIsCalledByteForByte(t *testing.T) {
	t.Parallel()
	open := rules{allowHTTP: true, guard: NewGuard(nil)}
	pieces := []string{"/", "/", "a", "b", ".", "..", "?", "?", "&", "=", "%2F", "%2f", "%3F", "%25", "%7B", "%zz", "%", "%C3%BC", "ü", "{", "}", "\"", "|", "\\", "^", "`",
		"[", "]", "<", ">", "'", "(", ")", "*", "+", ",", ";", ":", "@", "!", "$", "~", "-", "_", "#"}
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 100_000 {
		raw := "https://example.com"
		for range r.IntN(12) {
			raw += pieces[r.IntN(len(pieces))]
		}
		if open.checkURL(raw) != "" {
			continue
		}
		taken++
		u, err := url.Parse(raw)
		if err != nil || u.RequestURI() != writtenTarget(raw) {
			t.Fatalf("%s is called as %q; %v", raw, u.RequestURI(), err)
		}
		if strings.ContainsAny(writtenTarget(raw), "{}\"|\\^`<>#ü") {
			t.Fatalf("%s is taken", raw)
		}
	}
	if taken < 5000 {
		t.Errorf("only %d were taken", taken)
	}
}

// Node's server gets the same.
func TestNodeServerGetsTheRegisteredURL(t *testing.T) {
	t.Parallel()
	const script = `
const server = require('http').createServer((request, response) => { request.resume(); response.statusCode = 418; response.end(request.url) })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
	port := nodeServer(t, script)
	for _, target := range wireTargets {
		if r := sendTo(t, clientFor(t, "http://127.0.0.1:"+port+target)); r.response != writtenTarget("http://x"+target) {
			t.Errorf("%s is called as %q", target, r.response)
		}
	}
}

// A URL that was registered under earlier rules is called as before, and the
// webhook's other settings can be changed.
func TestURLsThatAreRegisteredAlreadyKeepWorking(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	s := startSite(t, t.TempDir(), nil)
	for target, called := range map[string]string{
		`/a{b}`:           "/a%7Bb%7D",
		`/in?q={"a":"ü"}`: `/in?q={"a":"ü"}`,
		`/in?q=100%`:      "/in?q=100%",
		`/in?a|b`:         "/in?a|b",
	} {
		e := s.register(sink.URL, "", "face_matched")
		kept := s.kept(e.ID)
		kept.URL = sink.URL + target
		if err := s.store.UpdateEndpoint(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		s = s.restart(nil)
		for _, same := range []string{kept.URL, ""} {
			change := Change{EventTypes: &[]string{"face_matched"}, Settings: ReplaceSettings(Settings{InFlight: 3})}
			if same != "" {
				change.URL = &same
			}
			if got, err := s.service.Change(t.Context(), e.ID, change); err != nil || got.URL != kept.URL || got.Settings.InFlight != 3 {
				t.Errorf("%s: changed to %+v, %v", target, got, err)
			}
		}
		other := kept.URL + "{"
		if _, err := s.service.Change(t.Context(), e.ID, Change{URL: &other}); err == nil {
			t.Errorf("%s: another such URL is taken", target)
		}
		s.publish("face_matched")
		if got := sink.next(t, 1)[0].target; got != called {
			t.Errorf("%s is called as %q, want %q", target, got, called)
		}
		if err := s.service.Remove(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
	}
}
