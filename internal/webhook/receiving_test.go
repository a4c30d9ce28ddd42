package webhook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/event"
)

// arrival is a delivery as a receiver has it, and the secret it verifies with.
type arrival struct {
	Secret    string            `json:"secret"`
	Headers   map[string]string `json:"headers"` // names in small letters
	Body      []byte            `json:"body"`    // base64 in JSON
	Signature string            `json:"signature"`

	what string
	want bool
}

// with returns the arrival with a header set; without it, where the value is
// empty.
func (a arrival) with(what, name, value string) arrival {
	a.what, a.want, a.Headers = what, false, maps.Clone(a.Headers)
	if a.Headers[name] = value; value == "" {
		delete(a.Headers, name)
	}
	return a
}

func (a arrival) expecting(want bool) arrival {
	a.want = want
	return a
}

func arrivalOf(secret string, r webhooktest.Received) arrival {
	headers := make(map[string]string)
	for name := range r.Header {
		headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	return arrival{Secret: secret, Headers: headers, Body: r.Body, Signature: headers["x-signature-256"], what: "a delivery", want: true}
}

// forged are an arrival's variants that no receiver may take.
func (a arrival) forged() []arrival {
	longer, other := a, a
	longer.Body, longer.what, longer.want = append([]byte(" "), a.Body...), "another body", false
	other.Secret, other.what, other.want = a.Secret+"x", "another secret", false
	return []arrival{longer, other}
}

// standardArrivals are deliveries and what is forged from them, for who
// verifies webhook-signature.
func standardArrivals(t *testing.T) (all []arrival) {
	t.Helper()
	// All languages must agree on what is valid base64, and on what is a key.
	kinds := append(slices.Clone(signatureSecrets), "abcdefghij", "abcdefgh=", "YWJjZGVmZ2g", "YWJjZGVmZ2hpYR==", "YWJjZ=VmYWJj",
		"whsec_ab dcdefgh", "whsec_abc-def_ghi=x",
		secretOf(delivery.MinKeyBytes), secretOf(delivery.MaxKeyBytes), strings.TrimPrefix(secretOf(32), delivery.SecretPrefix),
		strings.TrimPrefix(secretOf(delivery.MinKeyBytes-1), delivery.SecretPrefix),
		strings.TrimPrefix(secretOf(delivery.MaxKeyBytes+1), delivery.SecretPrefix), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMf==",
		"0123456789abcdef0123456789abcdef")
	for secret, r := range deliveredTo(t, kinds) {
		a := arrivalOf(secret, r)
		all = append(append(all, a), a.forged()...)
		// Signed by Postern at other times: too long ago, within the
		// tolerance, and too far ahead.
		e, err := event.Decode(r.Body, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for ago, want := range map[time.Duration]bool{6 * time.Minute: false, 4 * time.Minute: true, -6 * time.Minute: false} {
			h := send.NewSigner(delivery.NewSecrets(secret)).Header(send.Request{Event: e[0]}, r.Body, time.Now().Add(-ago), "")
			all = append(all, a.with("signed "+ago.String()+" ago", "webhook-timestamp", h.Get("webhook-timestamp")).
				with("signed "+ago.String()+" ago", "webhook-signature", h.Get("webhook-signature")).expecting(want))
		}
		signature := a.Headers["webhook-signature"]
		for _, sent := range []string{"", "now", "-1", "0x7fffffff", "1e9", strings.Repeat("9", 25), fmt.Sprint(time.Now().Unix() - 60),
			a.Headers["webhook-timestamp"] + " "} {
			all = append(all, a.with("the time "+sent, "webhook-timestamp", sent))
		}
		for _, signatures := range []string{"", "v1,", "v1,é", "sha256=" + signature, strings.TrimPrefix(signature, "v1,"),
			signature[:len(signature)-1], strings.ToLower(signature)} {
			all = append(all, a.with("the signatures "+signatures, "webhook-signature", signatures))
		}
		all = append(all,
			a.with("no id", "webhook-id", ""), a.with("another id", "webhook-id", "evt_1"),
			a.with("a signature more", "webhook-signature", "v1,AAAA "+signature+" v2,x").expecting(true))
	}
	return append(all, rotatedArrivals(t)...)
}

// rotatedArrivals are of a delivery while a rotation overlaps: it verifies
// with either secret.
func rotatedArrivals(t *testing.T) []arrival {
	t.Helper()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	e := s.register(sink.URL, firstSecret, "*")
	if _, _, err := s.service.Rotate(t.Context(), e.ID, Rotation{Secret: secondSecret, Overlap: time.Hour}); err != nil {
		t.Fatal(err)
	}
	s.publish("face_matched")
	r := sink.Next(t, 1)[0]
	return []arrival{arrivalOf(firstSecret, r), arrivalOf(secondSecret, r), arrivalOf(firstSecret+"x", r).expecting(false)}
}

// bodyArrivals are for who verifies X-Signature-256.
func bodyArrivals(t *testing.T) (all []arrival) {
	t.Helper()
	for secret, r := range deliveredTo(t, signatureSecrets) {
		a := arrivalOf(secret, r)
		all = append(append(all, a), a.forged()...)
		for _, signature := range []string{"", "sha256=", "sha256=é", strings.TrimPrefix(a.Signature, "sha256="), strings.ToUpper(a.Signature),
			a.Signature + "0"} {
			b := a
			b.Signature, b.what, b.want = signature, "the signature "+signature, false
			all = append(all, b)
		}
	}
	return all
}

// language is how what docs/receiving.md has in a language is run: callers
// read arrivals as JSON and print what the functions say of each.
type language struct {
	name, fence    string
	build          []string // once, before the deliveries are made
	command        []string
	file           string
	before         string // what stands before the functions
	standard, body string // what calls them
	callerFile     string // where the caller can't stand in the same file
}

var languages = []language{
	{
		name: "Python", fence: "python", command: []string{"python3", "verify.py"}, file: "verify.py",
		standard: `
import json, sys
print(json.dumps([verify(c["secret"], c["headers"], base64.b64decode(c["body"])) for c in json.load(sys.stdin)]))
`,
		body: `
import base64, json, sys
print(json.dumps([verify_webhook(base64.b64decode(c["body"]), c["signature"], c["secret"]) for c in json.load(sys.stdin)]))
`,
	}, {
		name: "Node", fence: "js", command: []string{"node", "verify.mjs"}, file: "verify.mjs",
		standard: `
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map((c) => verify(c.secret, c.headers, Buffer.from(c.body, "base64")))));
`,
		body: `
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map((c) => verifyWebhook(Buffer.from(c.body, "base64"), c.signature, c.secret))));
`,
	}, {
		name: "Go", fence: "go", build: []string{"go", "build", "-o", "verify", "main.go", "verify.go"}, command: []string{"./verify"},
		file: "verify.go", before: "package main\n\n", callerFile: "main.go",
		standard: fmt.Sprintf(goCaller, `"net/http"`, `h := http.Header{}
		for name, value := range c.Headers {
			h.Set(name, value)
		}
		verdicts[i] = verify(c.Secret, h, c.Body)`),
		body: fmt.Sprintf(goCaller, "", `verdicts[i] = verifyWebhook(c.Body, c.Signature, c.Secret)`),
	}, {
		name: "Ruby", fence: "ruby", command: []string{"ruby", "verify.rb"}, file: "verify.rb",
		standard: `
require "json"
puts JSON.generate(JSON.parse($stdin.read).map { |c| verify(c["secret"], c["headers"], c["body"].unpack1("m")) })
`,
		body: `
require "json"
puts JSON.generate(JSON.parse($stdin.read).map { |c| verify_webhook(c["body"].unpack1("m"), c["signature"], c["secret"]) })
`,
	}, {
		name: "PHP", fence: "php", command: []string{"php", "verify.php"}, file: "verify.php", before: "<?php\n",
		standard: `
echo json_encode(array_map(fn($c) => verify($c['secret'], $c['headers'], base64_decode($c['body'])), json_decode(stream_get_contents(STDIN), true)));
`,
		body: `
echo json_encode(array_map(fn($c) => verify_webhook(base64_decode($c['body']), $c['signature'], $c['secret']), json_decode(stream_get_contents(STDIN), true)));
`,
	},
}

const goCaller = `package main

import (
	"encoding/json"
	%s
	"os"
)

func main() {
	var cases []struct {
		Secret, Signature string
		Headers           map[string]string
		Body              []byte
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	verdicts := make([]bool, len(cases))
	for i, c := range cases {
		%s
	}
	json.NewEncoder(os.Stdout).Encode(verdicts)
}
`

// TestReceiversFunctionsTakeDeliveriesAndNothingElse runs what
// docs/receiving.md gives to copy, in each language that is there, over real
// deliveries and what is forged from them.
func TestReceiversFunctionsTakeDeliveriesAndNothingElse(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/receiving.md")
	if err != nil {
		t.Fatal(err)
	}
	_, standard, found := strings.Cut(string(text), "\n## With the time")
	standard, body, foundBody := strings.Cut(standard, "\n## Over the body")
	if !found || !foundBody {
		t.Fatal("docs/receiving.md has other sections")
	}
	for _, l := range languages {
		for section, c := range map[string]struct {
			text, caller string
			arrivals     func(*testing.T) []arrival
		}{"webhook-signature": {standard, l.standard, standardArrivals}, "X-Signature-256": {body, l.body, bodyArrivals}} {
			t.Run(l.name+" "+section, func(t *testing.T) {
				t.Parallel()
				code := regexp.MustCompile("(?s)```" + l.fence + "\n(.*?)```").FindStringSubmatch(c.text)
				if code == nil {
					t.Fatal("docs/receiving.md has nothing")
				}
				dir := l.program(t, code[1], c.caller)
				// Only now: what waits for its turn for minutes is too old to take.
				arrivals := c.arrivals(t)
				for i, verdict := range l.verdicts(t, dir, arrivals) {
					if one := arrivals[i]; verdict != one.want {
						t.Errorf("%s, with the secret %q: it says %v", one.what, one.Secret, verdict)
					}
				}
			})
		}
	}
}

// program writes functions and their caller into a folder, ready to be run.
func (l language) program(t *testing.T, code, caller string) (dir string) {
	t.Helper()
	tool := append(l.build, l.command...)[0]
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("%s isn't installed: what docs/receiving.md has for %s isn't run", tool, l.name)
	}
	dir = t.TempDir()
	files := map[string]string{l.file: l.before + code}
	if l.callerFile == "" {
		files[l.file] += caller
	} else {
		files[l.callerFile] = caller
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if l.build != nil {
		runIn(t, dir, l.build, "")
	}
	return dir
}

// verdicts runs a program over arrivals.
func (l language) verdicts(t *testing.T, dir string, cases []arrival) []bool {
	t.Helper()
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	output := runIn(t, dir, l.command, string(input))
	var verdicts []bool
	if err := json.Unmarshal(output, &verdicts); err != nil || len(verdicts) != len(cases) {
		t.Fatalf("%s: %v", output, err)
	}
	return verdicts
}

func runIn(t *testing.T, dir string, command []string, input string) (output []byte) {
	t.Helper()
	run := exec.CommandContext(t.Context(), command[0], command[1:]...)
	run.Dir, run.Stdin = dir, strings.NewReader(input)
	var complaints strings.Builder
	run.Stderr = &complaints
	output, err := run.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	return output
}

// secretOf is a secret in the form of Standard Webhooks whose key has a length.
func secretOf(n int) string {
	key := make([]byte, n)
	for i := range key {
		key[i] = byte(i*37 + 11)
	}
	return delivery.SecretPrefix + base64.StdEncoding.EncodeToString(key)
}
