package webhooks

import (
	"net/url"
	"strings"
)

// SecretVariable is the environment variable that the snippets read a
// webhook's secret from.
const SecretVariable = "POSTERN_WEBHOOK_SECRET"

// Snippet is a receiver that verifies deliveries, in one language.
type Snippet struct {
	Name string // of the language
	File string // what to call it
	Run  string // how to start it
	Code string
}

// Snippets are complete receivers for a webhook's URL that need only their language's
// standard library. They accept any number of signatures, and so keep verifying during
// a rotation.
func Snippets(webhookURL string) []Snippet {
	path, port := "/", "8080"
	if u, err := url.Parse(webhookURL); err == nil {
		if path = u.EscapedPath(); path == "" {
			path = "/"
		}
		if u.Port() != "" {
			port = u.Port()
		}
	}
	fill := func(code string) string {
		return strings.NewReplacer("{{path}}", path, "{{port}}", port, "{{variable}}", SecretVariable).Replace(strings.TrimPrefix(code, "\n"))
	}
	export := "export " + SecretVariable + "=whsec_…\n"
	return []Snippet{
		{"Python", "receiver.py", export + "python3 receiver.py", fill(pythonSnippet)},
		{"Node", "receiver.mjs", export + "node receiver.mjs", fill(nodeSnippet)},
		{"Go", "receiver.go", export + "go run receiver.go", fill(goSnippet)},
	}
}

const pythonSnippet = `
import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["{{variable}}"] or exit("{{variable}} is empty")
PATH = "{{path}}"

def key(secret):
    try:
        decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        decoded = b""
    return decoded if 24 <= len(decoded) <= 64 else secret.encode()  # a text of your own

def verify(secret, headers, body):
    event_id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (sent.isdecimal() and len(sent) < 12 and abs(time.time() - int(sent)) <= 300):
        return False
    signed = f"{event_id}.{sent}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key(secret), signed, hashlib.sha256).digest())
    # While secrets overlap there are several signatures.
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any([hmac.compare_digest(expected, one) for one in signatures])

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.split("?")[0] != PATH:
            status = 404
        elif not verify(SECRET, self.headers, body):
            status = 401
        else:
            status = 204
            event = json.loads(body)
            print(self.headers["X-Event-ID"], event["type"], flush=True)  # work on it later
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

ThreadingHTTPServer(("", int(os.environ.get("PORT", "{{port}}"))), Receiver).serve_forever()
`

const nodeSnippet = `
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.env.{{variable}};
if (!secret) throw new Error("{{variable}} is not set");
const path = "{{path}}";

function key(secret) {
  const encoded = secret.replace(/^whsec_/, "");
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded);
  const decoded = Buffer.from(isBase64 ? encoded : "", "base64");
  return decoded.length >= 24 && decoded.length <= 64 ? decoded : Buffer.from(secret); // a text of your own
}

function verify(secret, headers, body) {
  const id = headers["webhook-id"], sent = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(sent)) <= 300)) return false;
  const expected = Buffer.from("v1," + createHmac("sha256", key(secret)).update(` + "`${id}.${sent}.`" + `).update(body).digest("base64"));
  // While secrets overlap there are several signatures.
  return (headers["webhook-signature"] ?? "").split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    if (request.method !== "POST" || request.url.split("?")[0] !== path) response.statusCode = 404;
    else if (!verify(secret, request.headers, body)) response.statusCode = 401;
    else {
      response.statusCode = 204;
      const event = JSON.parse(body);
      console.log(request.headers["x-event-id"], event.type); // work on it later
    }
    response.end();
  });
}).listen(Number(process.env.PORT ?? {{port}}));
`

const goSnippet = `
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func key(secret string) []byte {
	k, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(k) < 24 || len(k) > 64 {
		return []byte(secret) // a text of your own
	}
	return k
}

func verify(secret string, h http.Header, body []byte) bool {
	id, sent := h.Get("webhook-id"), h.Get("webhook-timestamp")
	at, err := strconv.ParseInt(sent, 10, 64)
	if age := time.Since(time.Unix(at, 0)); err != nil || age > 5*time.Minute || age < -5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key(secret))
	mac.Write([]byte(id + "." + sent + "."))
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While secrets overlap there are several signatures.
	for _, one := range strings.Split(h.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(one), []byte(expected)) {
			return true
		}
	}
	return false
}

func main() {
	secret, port := os.Getenv("{{variable}}"), os.Getenv("PORT")
	if secret == "" {
		log.Fatal("{{variable}} is not set")
	}
	if port == "" {
		port = "{{port}}"
	}
	http.HandleFunc("POST {{path}}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || !verify(secret, r.Header, body) {
			http.Error(w, "not signed with the secret that this receiver has", http.StatusUnauthorized)
			return
		}
		var event struct{ Type string }
		if err := json.Unmarshal(body, &event); err != nil {
			http.Error(w, "not an event", http.StatusBadRequest)
			return
		}
		log.Println(r.Header.Get("X-Event-ID"), event.Type) // work on it later
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
`
