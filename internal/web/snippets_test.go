package web

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/internal/porttest"
	"postern/internal/web/api"
	webhookpages "postern/views/webhooks"
)

// runSnippet starts a receiver of the page's as its reader would, and returns
// once it takes connections.
func runSnippet(t *testing.T, snippet webhookpages.Snippet, port, secret string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, snippet.File)
	if err := os.WriteFile(file, []byte(snippet.Code), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(snippet.Run, "\n")
	command := strings.Fields(lines[len(lines)-1])
	if snippet.Name == "Go" { // run as a program of its own, so that it can be ended
		binary := filepath.Join(dir, "receiver")
		if out, err := exec.Command("go", "build", "-o", binary, file).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		command = []string{binary}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("%s is not installed", command[0])
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PORT="+port, webhookpages.SecretVariable+"="+secret)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", snippet.Name, out.String())
		}
	})
	until(t, "the receiver in "+snippet.Name, func() bool {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// TestReceiversOfThePageVerifyAsTheDocsDo holds the functions in the page's
// receivers against those that docs/receiving.md gives to copy.
func TestReceiversOfThePageVerifyAsTheDocsDo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/receiving.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, fence := range []string{"python", "js", "go"} {
		snippet := webhookpages.Snippets("https://example.com/")[i]
		m := regexp.MustCompile("(?s)```" + fence + `\n.*?\n((?:def|function|func) key.*?)` + "```").FindSubmatch(text)
		if m == nil || !strings.Contains(snippet.Code, string(m[1])) {
			t.Errorf("%s: the page has\n%s\nand the docs have\n%s", snippet.Name, snippet.Code, m)
		}
	}
}

// TestSnippetsVerifyRealDeliveries runs each receiver of a webhook's page
// against deliveries: with secrets of both kinds, through a rotation, and with
// a secret that is wrong.
func TestSnippetsVerifyRealDeliveries(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"Python", "Node", "Go"} {
		for kind, secret := range map[string]string{"base64": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "raw": "whsec_your_signing_secret"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				s := startService(t)
				right, wrong := porttest.Free(t), porttest.Free(t)
				urlOf := func(port string) string { return "http://127.0.0.1:" + port + "/in/b%20c?site=1" }
				snippet := webhookpages.Snippets(urlOf(right))[i]
				if snippet.Name != name || !strings.Contains(snippet.Code, right) {
					t.Fatalf("%s: %s", snippet.Name, snippet.Code)
				}
				runSnippet(t, snippet, right, secret)
				runSnippet(t, snippet, wrong, secret+"x")
				register := func(port string) string {
					var e api.Webhook
					s.post(apiPath+"/events/webhooks", `{"url": "`+urlOf(port)+`", "event_types": ["*"], "secret": "`+secret+`"}`).want(200).into(&e)
					return e.ID
				}
				good, bad := register(right), register(wrong)
				first := func(id, event string) (a api.Attempt) {
					until(t, "a try of "+event, func() bool {
						var got []api.Delivery
						s.get(apiPath + "/events/" + event + "/deliveries").want(200).into(&got)
						for _, d := range got {
							if d.WebhookID == id && len(d.Attempts) > 0 {
								a = d.Attempts[0]
								return true
							}
						}
						return false
					})
					return a
				}
				s.post(apiPath+"/events", `{"id": "one", "type": "face_matched", "source": "x", "data": {"label": "Zoë <&>"}}`).want(202)
				if a := first(good, "one"); a.Status != 204 {
					t.Errorf("the right secret: %+v", a)
				}
				if a := first(bad, "one"); a.Status != 401 {
					t.Errorf("a wrong secret: %+v", a)
				}
				// While a rotation overlaps, the old secret goes on verifying.
				s.post(apiPath+"/events/webhooks/"+good+"/rotate", "").want(200)
				s.post(apiPath+"/events", `{"id": "two", "type": "face_matched", "source": "x"}`).want(202)
				if a := first(good, "two"); a.Status != 204 {
					t.Errorf("the old secret during an overlap: %+v", a)
				}
				s.post(apiPath+"/events/webhooks/"+good+"/end-overlap", "").want(200)
				s.post(apiPath+"/events", `{"id": "three", "type": "face_matched", "source": "x"}`).want(202)
				if a := first(good, "three"); a.Status != 401 {
					t.Errorf("the old secret after the overlap: %+v", a)
				}
			})
		}
	}
}
