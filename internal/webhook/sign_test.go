package webhook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/webhook/webhooktest"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"postern/internal/delivery"
	"postern/internal/event"
)

// The reference's own snippets, with their indentation restored.
const (
	pythonSnippet = `import hashlib
import hmac

def verify_webhook(payload: bytes, signature: str, secret: str) -> bool:
    expected = hmac.new(
        secret.encode(),
        payload,
        hashlib.sha256,
    ).hexdigest()
    return hmac.compare_digest(f"sha256={expected}", signature)
`
	nodeSnippet = `const crypto = require("crypto");

function verifyWebhook(payload, signature, secret) {
  const expected = crypto
    .createHmac("sha256", secret)
    .update(payload)
    .digest("hex");
  return signature === ` + "`sha256=${expected}`" + `;
}
`
)

// The callers of the snippets: cases in, verdicts out.
const (
	pythonCaller = `
import base64, json, sys
print(json.dumps([verify_webhook(base64.b64decode(c["payload"]), c["signature"], c["secret"]) for c in json.load(sys.stdin)]))
`
	nodeCaller = `
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map((c) => verifyWebhook(Buffer.from(c.payload, "base64"), c.signature, c.secret))));
`
)

// signatureSecrets are of every kind that may be registered.
var signatureSecrets = []string{
	"whsec_your_signing_secret", // the reference's; not base64
	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
	"passwords", "password", // the second one happens to be base64, of no key
	"with spaces and Ümläute €😀",
	`quotes " ' \ and $HOME`,
	strings.Repeat("x", delivery.MaxSecretBytes),
}

// deliveredTo delivers an event that is hard on encodings to a webhook with
// each of the secrets, and returns what came, by secret.
func deliveredTo(t *testing.T, secrets []string) map[string]webhooktest.Received {
	t.Helper()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	for i, secret := range secrets {
		s.register(fmt.Sprintf("%s/%d", sink.URL, i), secret, "face_matched")
	}
	s.publishJSON(`{"type": "face_matched", "source": "face_pipeline", "data": {"label": "Zoë \u00e9 😀 \u2028 <&>", "similarity": 0.910}}`)
	got := make(map[string]webhooktest.Received)
	for _, r := range sink.Next(t, len(secrets)) {
		var i int
		if _, err := fmt.Sscanf(r.Target, "/%d", &i); err != nil {
			t.Fatal(err)
		}
		got[secrets[i]] = r
	}
	return got
}

// TestReferencesSnippetsVerifyDeliveries runs the snippets in their own
// languages over real deliveries, right ones and wrong ones.
func TestReferencesSnippetsVerifyDeliveries(t *testing.T) {
	t.Parallel()
	type verification struct {
		Payload   []byte `json:"payload"` // base64 in JSON
		Signature string `json:"signature"`
		Secret    string `json:"secret"`
	}
	var cases []verification
	var want []bool
	for secret, r := range deliveredTo(t, signatureSecrets) {
		signature := r.Header.Get("X-Signature-256")
		cases = append(cases,
			verification{r.Body, signature, secret},
			verification{append([]byte(" "), r.Body...), signature, secret},
			verification{r.Body, signature, secret + "x"},
			verification{r.Body, strings.TrimPrefix(signature, "sha256="), secret})
		want = append(want, true, false, false, false)
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []struct{ program, file, text string }{
		{"python3", "verify.py", pythonSnippet + pythonCaller},
		{"node", "verify.js", nodeSnippet + nodeCaller},
	} {
		t.Run(language.program, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(language.program)
			if err != nil {
				t.Skipf("%s isn't installed", language.program)
			}
			file := filepath.Join(t.TempDir(), language.file)
			if err := os.WriteFile(file, []byte(language.text), 0o600); err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), program, file)
			run.Stdin = strings.NewReader(string(input))
			output, err := run.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
			}
			var verdicts []bool
			if err := json.Unmarshal(output, &verdicts); err != nil || len(verdicts) != len(want) {
				t.Fatalf("the snippet's verdicts are %s: %v", output, err)
			}
			for i, verdict := range verdicts {
				if verdict != want[i] {
					t.Errorf("secret %q, signature %s: the snippet says %v, want %v", cases[i].Secret, cases[i].Signature, verdict, want[i])
				}
			}
		})
	}
}

func TestStandardWebhooksLibraryVerifiesDeliveries(t *testing.T) {
	t.Parallel()
	for secret, r := range deliveredTo(t, signatureSecrets) {
		verifier := libraryFor(t, secret)
		if err := verifier.Verify(r.Body, r.Header); err != nil {
			t.Errorf("secret %q: %v", secret, err)
		}
		if err := verifier.Verify(append(r.Body, ' '), r.Header); err == nil {
			t.Errorf("secret %q: another body verifies too", secret)
		}
		moved := r.Header.Clone()
		moved.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()-60))
		if err := verifier.Verify(r.Body, moved); err == nil {
			t.Errorf("secret %q: another time verifies too", secret)
		}
		other, err := standardwebhooks.NewWebhookRaw([]byte(secret + "x"))
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Verify(r.Body, r.Header); err == nil {
			t.Errorf("secret %q: another secret verifies too", secret)
		}
	}
}

// libraryFor returns the library with a secret, used as its note says.
func libraryFor(t *testing.T, secret string) *standardwebhooks.Webhook {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	if delivery.NewSecrets(secret)[0].Form == delivery.KeyBase64 {
		verifier, err = standardwebhooks.NewWebhook(secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func TestSecretThatPosternMadeVerifiesInTheLibrary(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	_, secret, err := s.service.Register(t.Context(), Registration{URL: sink.URL, EventTypes: []string{"*"}, GenerateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	s.publish("face_matched")
	if got := sink.Next(t, 1)[0]; verifier.Verify(got.Body, got.Header) != nil {
		t.Error("the library doesn't verify it")
	}
}

// The two signatures share a signer's buffers, and signers are used again.
func TestManyDeliveriesAtOnceAreAllSignedRight(t *testing.T) {
	t.Parallel()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	s.register(sink.URL, secret, "*")
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf(`{"id": "e%s%d", "type": "line_crossed", "source": "s", "data": {"x": %q}}`,
			strings.Repeat("_", i%50), i, strings.Repeat("x", i*7)))
	}
	s.publishJSON(strings.Join(lines, "\n"))
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sink.Next(t, len(lines)) {
		if err := verifier.Verify(r.Body, r.Header); err != nil {
			t.Fatalf("%s: %v", r.Header.Get("X-Event-ID"), err)
		}
		e := mustDecode(t, r.Body)
		signed := send.NewSigner(delivery.NewSecrets(secret)).Header(send.Request{Event: e}, e.JSON(), time.Now(), "")
		if got := r.Header.Get("X-Signature-256"); got != signed.Get("X-Signature-256") {
			t.Fatalf("%s: X-Signature-256 is %s", r.Header.Get("X-Event-ID"), got)
		}
	}
}

func mustDecode(t *testing.T, body []byte) *event.Event {
	t.Helper()
	events, err := event.Decode(body, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return events[0]
}

// FuzzDeliveryHeader looks for secrets and ids with which the libraries would
// not verify a delivery, or which break a header apart.
func FuzzDeliveryHeader(f *testing.F) {
	for _, secret := range signatureSecrets {
		f.Add(secret, []byte(`{"a":1}`))
	}
	f.Add("whsec_"+base64.StdEncoding.EncodeToString([]byte("key")), []byte(nil))
	f.Fuzz(func(t *testing.T, secret string, data []byte) {
		if delivery.CheckSecret(secret) != "" {
			return
		}
		e := &event.Event{ID: event.NewID(), Type: event.FaceMatched, Time: time.Now(), Data: data}
		e.Finalize()
		h := send.NewSigner(delivery.NewSecrets(secret)).Header(send.Request{Event: e}, e.JSON(), time.Now(), "Postern/dev")
		if secret == "" {
			if h.Get(send.HeaderSignature) != "" || h.Get(send.HeaderWebhookSignatures) != "" {
				t.Errorf("signed without a secret: %q", h)
			}
			return
		}
		for name, values := range h {
			if http.CanonicalHeaderKey(name) != name || len(values) != 1 || strings.ContainsAny(values[0], "\r\n\x00") {
				t.Errorf("header %q: %q", name, values)
			}
		}
		if err := libraryFor(t, secret).Verify(e.JSON(), h); err != nil {
			t.Errorf("secret %q: %v", secret, err)
		}
	})
}
