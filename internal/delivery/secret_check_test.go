package delivery

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// keyOfBytes is a key of a length, in which every byte differs.
func keyOfBytes(n int) []byte {
	key := make([]byte, n)
	for i := range key {
		key[i] = byte(i*37 + 11)
	}
	return key
}

// secretOf is a secret in the form of Standard Webhooks whose key has a length.
func secretOf(n int) string {
	return SecretPrefix + base64.StdEncoding.EncodeToString(keyOfBytes(n))
}

func TestSecretsThatAreRefused(t *testing.T) {
	t.Parallel()
	unpadded := strings.TrimRight(secretOf(32), "=")
	urlEncoded := "f_-AbcdEFgh0123456789ijklmnOPQRSTUVWXyz0123="
	for secret, says := range map[string]string{
		// Short ones and long ones.
		"1234567":                          "8 to 256 bytes",
		strings.Repeat("x", 257):           "8 to 256 bytes",
		strings.Repeat("é", 128) + "x":     "8 to 256 bytes",
		secretOf(200):                      "8 to 256 bytes",
		"whsec_":                           "nothing after whsec_",
		"whsec_AA==":                       "base64 of 1 byte ",
		"whsec_test":                       "base64 of 3 bytes",
		"whsec_password":                   "base64 of 6 bytes",
		"whsec_0123456789abcdef":           "base64 of 12 bytes",
		secretOf(23):                       "base64 of 23 bytes",
		secretOf(65):                       "base64 of 65 bytes",
		secretOf(128):                      "base64 of 128 bytes",
		"whsec_a b c":                      "at least 8 bytes after whsec_",
		"whsec_" + strings.Repeat("A", 16): "base64 of 12 bytes",
		// Damaged ones.
		unpadded:                                     "isn't whole base64",
		unpadded[:len(unpadded)-1]:                   "isn't whole base64",
		unpadded[:len(unpadded)-2]:                   "isn't whole base64",
		secretOf(32) + "=":                           "isn't whole base64",
		"whsec_====":                                 "isn't whole base64",
		"whsec_signing":                              "isn't whole base64",
		"whsec_" + urlEncoded:                        "base64url",
		"whsec_" + urlEncoded[:43]:                   "base64url",
		"whsec_ab_d-fg=":                             "base64url",
		"WHSEC_" + secretOf(32)[6:]:                  "small letters",
		"Whsec_" + secretOf(24)[6:]:                  "small letters",
		"whpk_" + secretOf(32)[6:]:                   "asymmetric",
		"whsk_" + secretOf(64)[6:]:                   "asymmetric",
		"        ":                                   "blank",
		" whsec_your_signing_secret":                 "blank",
		secretOf(32) + " ":                           "blank",
		secretOf(32) + "\n":                          "blank",
		"\t" + secretOf(32):                          "blank",
		secretOf(32) + "\r\n":                        "blank",
		"a text of its own\n":                        "blank",
		"\u00a0a text of its own":                    "blank",
		"a text of its own\u3000":                    "blank",
		"\ufeffwhsec_your_signing_secret":            "invisible",
		"whsec_your_signing_secret\u200b":            "invisible",
		"whsec_your_signing_secret\x00":              "blank",
		"secret\nwith a line":                        "control character",
		"secret\x00with a zero":                      "control character",
		"secret\u0085with a C1":                      "control character",
		"secret\xff\xfenot UTF-8":                    "UTF-8",
		secretOf(32)[:20] + "\n" + secretOf(32)[20:]: "control character",
	} {
		message := CheckSecret(secret)
		if !strings.Contains(message, says) {
			t.Errorf("%q: %q, want something about %q", secret, message, says)
		}
		if len(secret) > 12 && strings.Contains(message, strings.TrimSpace(secret)) {
			t.Errorf("the refusal repeats the secret: %s", message)
		}
	}
}

func TestSecretsThatAreTaken(t *testing.T) {
	t.Parallel()
	for secret, form := range map[string]KeyForm{
		secretOf(24): KeyBase64, secretOf(32): KeyBase64, secretOf(63): KeyBase64, secretOf(64): KeyBase64,
		GenerateSecret(): KeyBase64,
		// Forms that the libraries accept too, such as the output of openssl.
		strings.TrimPrefix(secretOf(32), SecretPrefix): KeyBase64,
		"0123456789abcdef0123456789abcdef":             KeyBase64,
		// Custom texts.
		"whsec_your_signing_secret":                KeyRaw,
		"whsec_my-own-secret-for-the-lobby-camera": KeyRaw,
		"whsec_zwölf Zeichen":                      KeyRaw,
		"12345678":                                 KeyRaw,
		"password":                                 KeyRaw,
		"with spaces and Ümläute €😀":               KeyRaw,
		"whpk is not a prefix":                     KeyRaw,
		strings.Repeat("x", 256):                   KeyRaw,
		strings.Repeat("é", 128):                   KeyRaw,
		strings.TrimPrefix(secretOf(23), "whsec_"): KeyRaw,
		strings.TrimPrefix(secretOf(65), "whsec_"): KeyRaw,
	} {
		if message := CheckSecret(secret); message != "" {
			t.Errorf("%q: %s", secret, message)
		}
		key, got := signingKey(secret)
		if got != form {
			t.Errorf("%q is used as %s", secret, got)
		}
		want := []byte(secret)
		if form == KeyBase64 {
			want, _ = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, SecretPrefix))
			if _, err := standardwebhooks.NewWebhook(secret); err != nil {
				t.Errorf("the library doesn't take %q: %v", secret, err)
			}
		}
		if !bytes.Equal(key, want) {
			t.Errorf("the key of %q is %x", secret, key)
		}
		kept := NewSecrets(secret)[0]
		if again, form := kept.Key(); !bytes.Equal(again, key) || form != got {
			t.Errorf("the key of %q as it is kept is %x", secret, again)
		}
		if note := kept.keyNote(); (note == "") != (form == KeyBase64) || form == KeyRaw && !strings.Contains(note, "raw") {
			t.Errorf("of %q it says %q", secret, note)
		}
	}
}

// Secrets from before the rules sign as before, including those that are
// refused now.
func TestSecretsFromBeforeKeepTheirKeys(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{
		"whsec_AA==":                "\x00",
		"whsec_aGVsbG8gd29ybGQ=":    "hello world",
		"aGVsbG8gd29ybGQ=":          "hello world",
		"password":                  "\xa5\xab\x2c\xc2\x8a\xdd",
		"        ":                  "        ",
		"whsec_your_signing_secret": "whsec_your_signing_secret",
		"whsec_aGVsbG8gd29ybGQ":     "whsec_aGVsbG8gd29ybGQ", // no padding
		"whsec_aGVsbG8gd29ybGQ= ":   "whsec_aGVsbG8gd29ybGQ= ",
		"whsec_-_-_":                "whsec_-_-_",
		"plain secret":              "plain secret",
		secretOf(100):               string(keyOfBytes(100)),
		secretOf(32):                string(keyOfBytes(32)),
	} {
		kept := Secret{ID: "sec_1", Text: secret}
		key, form := kept.Key()
		if string(key) != want || (form == KeyRaw) != (want == secret) {
			t.Errorf("the key of %q is %q (%s), want %q", secret, key, form, want)
		}
		// The note says that a weak key is weak.
		if note := kept.keyNote(); (note == "") != (secret == secretOf(32)) || form == KeyBase64 && note != "" &&
			!strings.Contains(note, "rotate it") {
			t.Errorf("of %q it says %q", secret, note)
		}
	}
}

// A hint distinguishes secrets, and reveals nothing of a weak one.
func TestAHintTellsLittle(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"whsec_your_signing_secret", "password", "whsec_AA==", secretOf(24), secretOf(64),
		strings.TrimPrefix(secretOf(32), SecretPrefix)} {
		for _, form := range []KeyForm{"", NewSecrets(secret)[0].Form} {
			shown := Secrets{{ID: "sec_1", Text: secret, Form: form}}.Describe()
			hint := strings.TrimPrefix(strings.TrimPrefix(shown[0].Hint, SecretPrefix), "…")
			if strong := shown[0].Key == KeyBase64 && len(decodeKey(secret)) >= MinKeyBytes; strong != (hint != "") ||
				!strings.HasSuffix(secret, hint) || len(hint) > hintBytes {
				t.Errorf("the hint of %q is %q", secret, hint)
			}
		}
	}
}
