package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// signedHeader makes a delivery's headers from the words of the two specifications, on its own.
func signedHeader(secret string, key []byte, id string, body []byte, at time.Time) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	ofBody := hmac.New(sha256.New, []byte(secret))
	ofBody.Write(body)
	ofMessage := hmac.New(sha256.New, key)
	ofMessage.Write([]byte(id + "." + timestamp + "." + string(body)))
	return http.Header{
		"X-Event-Id":        {id},
		"X-Signature-256":   {"sha256=" + hex.EncodeToString(ofBody.Sum(nil))},
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {timestamp},
		"Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(ofMessage.Sum(nil))},
	}
}

func TestSigningKeyIsWhatFollowsThePrefixOrTheWholeSecret(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{
		"whsec_aGVsbG8=":            "hello",
		"whsec_your_signing_secret": "whsec_your_signing_secret", // the reference's own example isn't base64
		"aGVsbG8=":                  "aGVsbG8=",
		"whsec_":                    "whsec_",
	} {
		if got := string(signingKey(secret)); got != want {
			t.Errorf("key of %q is %q, want %q", secret, got, want)
		}
	}
}

// The values are the example of the Standard Webhooks libraries' own tests.
func TestStandardWebhooksExampleIsRight(t *testing.T) {
	t.Parallel()
	key := signingKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	body := []byte(`{"test": 2432232314}`)
	const id, timestamp = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
	const right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if !signedBy(key, id, timestamp, body, right) {
		t.Error("the example's signature is refused")
	}
	if !signedBy(key, id, timestamp, body, "v1,AAAA "+right) {
		t.Error("a right signature beside another is refused")
	}
	if signedBy(key, id, timestamp, body, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=") {
		t.Error("another version's signature is taken for this one's")
	}
}

func TestWrongSignaturesAreToldApart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 30, 0, 0, time.UTC)
	body := []byte(`{"id":"evt_1"}`)
	const secret = "whsec_your_signing_secret"
	signed := func(at time.Time) http.Header { return signedHeader(secret, []byte(secret), "evt_1", body, at) }
	without := func(name string) http.Header {
		h := signed(now)
		h.Del(name)
		return h
	}
	renamed := signed(now)
	renamed.Set("webhook-id", "evt_2")

	for name, tc := range map[string]struct {
		header http.Header
		body   string
		want   error
	}{
		"right":                {signed(now), string(body), nil},
		"five minutes old":     {signed(now.Add(-signatureTolerance)), string(body), nil},
		"five minutes ahead":   {signed(now.Add(signatureTolerance)), string(body), nil},
		"a recording":          {signed(now.Add(-signatureTolerance - time.Second)), string(body), errTimestamp},
		"from the future":      {signed(now.Add(signatureTolerance + time.Second)), string(body), errTimestamp},
		"tampered body":        {signed(now), `{"id":"evt_9"}`, errBodySignature},
		"other id":             {renamed, string(body), errMessageSignature},
		"no body signature":    {without("X-Signature-256"), string(body), errBodySignature},
		"no message signature": {without("webhook-signature"), string(body), errMessageSignature},
		"no timestamp":         {without("webhook-timestamp"), string(body), errMessageSignature},
		"nothing":              {http.Header{}, string(body), errBodySignature},
	} {
		if err := verify(secret, tc.header, []byte(tc.body), now); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func FuzzNothingUnsignedIsVerified(f *testing.F) {
	f.Add("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "evt_1", "1614265330", "sha256=00", "v1,AAAA", []byte(`{}`))
	f.Add("whsec_", "", "", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, secret, id, timestamp, ofBody, ofMessage string, body []byte) {
		header := http.Header{
			"X-Signature-256": {ofBody}, "Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {ofMessage},
		}
		if verify(secret, header, body, time.Unix(1614265330, 0)) == nil {
			t.Errorf("verified a signature that nobody made")
		}
	})
}
