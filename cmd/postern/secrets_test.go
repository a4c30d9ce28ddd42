package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// fetch returns all of an answer, head and body.
func (d *daemon) fetch(method, path, body, contentType string) string {
	d.t.Helper()
	req, err := http.NewRequest(method, d.base+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return fmt.Sprintf("%s %s: %d %v\n%s\n", method, path, res.StatusCode, res.Header, b)
}

// The secrets of a whole run are searched for in all that it said: its log,
// every page and answer, those to requests that were refused too. The only
// exception is the response that shows a secret which Postern has made.
func TestSecretsOfARunAreNowhere(t *testing.T) {
	received := make(chan http.Header, 100)
	// It answers with what it was sent, as a careless receiver or proxy does:
	// that is kept with the attempt, and there must be no secret in it.
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r.Header
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, r.URL)
	}))
	t.Cleanup(proxy.Close)
	key := []byte("an encryption key of 32 bytes!!!")
	secrets := map[string]string{
		"key": base64.StdEncoding.EncodeToString(key), "key's bytes": string(key), "key in hex": hex.EncodeToString(key),
		"proxy's password": "proxy-hunter2", "proxy's login": base64.StdEncoding.EncodeToString([]byte("alice:proxy-hunter2")),
		"given": "whsec_given-hunter2", "changed": "whsec_changed-hunter2", "rotated": "whsec_rotated-hunter2", "on a form": "whsec_form-hunter2",
		"refused": "refused-hunter2", "too long": strings.Repeat("long-hunter2", 50),
	}
	d := startWith(t, []string{"POSTERN_KEY=" + secrets["key"], "POSTERN_DELIVERY_PROXY_LOGIN=alice:" + secrets["proxy's password"]}, "serve",
		"--data", t.TempDir(), "--allow-http", "--delivery-proxy", proxy.URL)

	const hooks, text, form = "/api/v1/events/webhooks", "application/json", "application/x-www-form-urlencoded"
	var hook, made struct{ ID, Secret string }
	d.request("POST", hooks, `{"url":"http://8.8.8.8/a","event_types":["*"],"secret":"`+secrets["given"]+`"}`, &hook)
	d.request("POST", hooks, `{"url":"http://8.8.8.8/b","event_types":["*"],"generate_secret":true}`, &made)
	secrets["made"] = made.Secret
	one := hooks + "/" + hook.ID
	var said strings.Builder
	say := func(method, path, body, contentType string) {
		said.WriteString(d.fetch(method, path, body, contentType))
	}
	say("PATCH", one, `{"secret":"`+secrets["changed"]+`"}`, text)
	say("POST", one+"/rotate", `{"secret":"`+secrets["rotated"]+`"}`, text)
	say("POST", "/webhooks", url.Values{"url": {"http://8.8.8.8/c"}, "event_types": {"*"}, "secret": {secrets["on a form"]}}.Encode(), form)
	for _, body := range []string{
		`{"url":"http://8.8.8.8/","event_types":["*"],"secret":"` + secrets["too long"] + `"}`,
		`{"url":"http://8.8.8.8/","event_types":["*"],"secret":"` + secrets["refused"] + `\u0000"}`,
		`{"url":"http://8.8.8.8/","event_types":["*"],"secret":["` + secrets["refused"] + `"]}`,
		`{"url":"http://8.8.8.8/","event_types":["nope"],"secret":"` + secrets["refused"] + `"}`,
		`{"url":"http://8.8.8.8/","event_types":["*"],"generate_secret":true,"secret":"` + secrets["refused"] + `"}`,
		`{"url":"http://8.8.8.8/","secret":"` + secrets["refused"],
		`{"secret":"` + secrets["refused"] + `","secret":"` + secrets["refused"] + `"}`,
	} {
		say("POST", hooks, body, text)
		say("PATCH", one, body, text)
		say("POST", one+"/rotate", body, text)
	}
	say("POST", "/api/v1/events", `{"id":"evt-1","type":"face_matched","source":"x","data":{"label":"Alice"}}`, text)
	for range 3 { // one for each webhook
		if got := <-received; !strings.HasPrefix(got.Get("Proxy-Authorization"), "Basic ") || got.Get("X-Signature-256") == "" {
			t.Fatalf("the proxy got %v", got)
		}
	}
	say("POST", one+"/test", `{"event_type":"face_matched"}`, text)
	var attempts []struct{ ID string }
	eventually(t, "the attempt is on record", func() bool {
		d.request("GET", one+"/attempts", "", &attempts)
		return len(attempts) > 0
	})
	for _, path := range []string{
		hooks, one, one + "/attempts", one + "/states", one + "/replays", hooks + "/" + made.ID, "/api/v1/events/recent", "/api/v1/events/evt-1",
		"/", "/events", "/events/evt-1", "/webhooks", "/webhooks/" + hook.ID, "/webhooks/" + hook.ID + "/edit", "/webhooks/" + made.ID,
		"/webhooks/" + hook.ID + "/remove", "/webhooks/" + hook.ID + "/replay", "/webhooks/" + hook.ID + "/attempts/" + attempts[0].ID,
		"/settings", "/live", "/monitor", "/healthz", "/readyz", "/nothing",
	} {
		say("GET", path, "", text)
	}
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	said.Write(args)
	d.stop()
	said.WriteString(d.log.String())
	said.WriteString(d.out.String())
	for name, secret := range secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
			hex.EncodeToString([]byte(secret))} {
			if at := strings.Index(said.String(), form); at >= 0 {
				t.Errorf("the secret %q was said: …%s", name, said.String()[max(0, at-300):at+len(form)])
			}
		}
	}
}

// Every user of the machine can see a command line, so no flag takes a
// secret: those come from the environment, a file or standard input.
func TestNoFlagTakesASecret(t *testing.T) {
	parser, err := kong.New(&commandLine{}, kong.Name("postern"), kong.Vars{"version": "x"})
	if err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`secret|password|passwd|token|login|credential|(^|-)key$`)
	seen := 0
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			seen++
			file := flag.PlaceHolder == "FILE" // names where the secret is
			if secret.MatchString(flag.Name) && !file && flag.Target.Kind() != reflect.Bool {
				t.Errorf("--%s takes a secret", flag.Name)
			}
		}
		return next(nil)
	})
	if seen < 10 {
		t.Errorf("only %d flags were seen", seen)
	}
	for _, args := range []string{"--delivery-proxy http://alice:hunter2@proxy.example:3128",
		"--delivery-proxy http://hunter2@proxy.example", "--public-url https://u:hunter2@postern.example"} {
		code, _, stderr := command(t, nil, append([]string{"serve"}, strings.Fields(args)...)...)
		if code != 2 || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: exit %d, %s", args, code, stderr)
		}
	}
}
