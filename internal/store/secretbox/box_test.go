package secretbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// Two keys.
var (
	testKey  = []byte("the fixtures are not so secret..")
	otherKey = bytes.Repeat([]byte{7}, KeyBytes)
)

func TestBox_never_encrypts_a_secret_to_the_same_text(t *testing.T) {
	t.Parallel()
	box, err := New(testKey)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for range 100 {
		encrypted := box.Encrypt("whsec_x", "wh_a")
		if text, err := box.Decrypt(encrypted, "wh_a"); err != nil || text != "whsec_x" {
			t.Fatalf("%s opens as %q, %v", encrypted, text, err)
		}
		b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(encrypted, "sealed1:"))
		if err != nil || len(b) != 12+len("whsec_x")+16 {
			t.Fatalf("%s has %d bytes, %v", encrypted, len(b), err)
		}
		nonce := string(b[:12])
		if seen[nonce] {
			t.Fatal("a nonce was used twice")
		}
		seen[nonce] = true
	}
}

func TestBox_decrypts_for_the_same_place_only(t *testing.T) {
	t.Parallel()
	box, err := New(testKey)
	if err != nil {
		t.Fatal(err)
	}
	other, err := New(otherKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"x", "é\x00\xff", strings.Repeat("long", 1000)} {
		encrypted := box.Encrypt(text, "wh_a")
		if got, err := box.Decrypt(encrypted, "wh_a"); err != nil || got != text {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		if got, err := box.Decrypt(encrypted, "wh_b"); !errors.Is(err, ErrKey) || got != "" {
			t.Errorf("in another place it opens as %.40q, %v", got, err)
		}
		if got, err := other.Decrypt(encrypted, "wh_a"); !errors.Is(err, ErrKey) || got != "" {
			t.Errorf("with another key it opens as %.40q, %v", got, err)
		}
		b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(encrypted, Prefix))
		for _, i := range []int{0, 12, len(b) - 1} {
			changed := bytes.Clone(b)
			changed[i] ^= 1
			if got, err := box.Decrypt(Prefix+base64.StdEncoding.EncodeToString(changed), "wh_a"); err == nil {
				t.Errorf("with byte %d changed it opens as %q", i, got)
			}
		}
	}
	if encrypted := box.Encrypt("", "wh_a"); encrypted != "" {
		t.Errorf("no secret became %q", encrypted)
	}
	if text, err := box.Decrypt("", "wh_a"); err != nil || text != "" {
		t.Errorf("no secret opens as %q, %v", text, err)
	}
	for _, damaged := range []string{"whsec_plain", "sealed1:", "sealed1:!", "sealed1:AAAA", "sealed2:AAAA"} {
		if text, err := box.Decrypt(damaged, "wh_a"); err == nil {
			t.Errorf("%q opens as %q", damaged, text)
		} else if strings.Contains(err.Error(), "plain") {
			t.Errorf("the error repeats it: %v", err)
		}
	}
	for n := range 40 {
		if _, err := New(make([]byte, n)); (err == nil) != (n == KeyBytes) || err != nil && !errors.Is(err, ErrKey) {
			t.Errorf("a key of %d bytes: %v", n, err)
		}
	}
}

func TestParseKey_takes_32_bytes_in_base64(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(testKey)
	for _, text := range []string{good, good + "\n", "  " + good + "\r\n"} {
		if key, err := ParseKey(text); err != nil || !bytes.Equal(key, testKey) {
			t.Errorf("%q is the key %x, %v", text, key, err)
		}
	}
	for _, text := range []string{"", good[1:], good + good, string(testKey), strings.TrimRight(good, "=")} {
		if _, err := ParseKey(text); err == nil || !strings.Contains(err.Error(), "head -c 32 /dev/urandom | base64") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
