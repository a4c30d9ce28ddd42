package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signatureTolerance is the greatest difference of a delivery's timestamp from now, since an older request
// may be a replay attack.
const signatureTolerance = 5 * time.Minute

var (
	errBodySignature    = errors.New("X-Signature-256 does not match the body")
	errMessageSignature = errors.New("webhook-signature does not match the message")
	errTimestamp        = errors.New("webhook-timestamp is not within five minutes of now")
)

// verify checks both signatures of a delivery: the reference's, over the body, and the one of the
// Standard Webhooks specification, over id, timestamp and body.
func verify(secret string, header http.Header, body []byte, now time.Time) error {
	want := "sha256=" + hex.EncodeToString(sign([]byte(secret), body))
	if !hmac.Equal([]byte(header.Get("X-Signature-256")), []byte(want)) {
		return errBodySignature
	}
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	if !signedBy(signingKey(secret), id, timestamp, body, header.Get("webhook-signature")) {
		return errMessageSignature
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > signatureTolerance {
		return errTimestamp
	}
	return nil
}

// signedBy reports whether one of the signatures, which are separated by spaces, is right. There are
// several during the rotation of a secret.
func signedBy(key []byte, id, timestamp string, body []byte, signatures string) bool {
	message := append([]byte(id+"."+timestamp+"."), body...)
	want := []byte("v1," + base64.StdEncoding.EncodeToString(sign(key, message)))
	for signature := range strings.FieldsSeq(signatures) {
		if hmac.Equal([]byte(signature), want) {
			return true
		}
	}
	return false
}

// signingKey returns the key of Standard Webhooks: the decoded base64 after whsec_, or a secret of another
// form itself.
func signingKey(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(key) > 0 {
			return key
		}
	}
	return []byte(secret)
}

func sign(key, message []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(message)
	return mac.Sum(nil)
}
