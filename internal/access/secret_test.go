package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"postern/internal/problem"
)

func TestSecretsPrintAsNothing(t *testing.T) {
	t.Parallel()
	const text = "hunter2-hunter2"
	secret := NewSecret(text)
	in := SignIn{Name: "viv", Password: secret, Replaces: secret}
	hidden := struct{ inner struct{ s Secret } }{}
	hidden.inner.s = secret
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("x", slog.Any("secret", secret), slog.Any("in", in), slog.Any("hidden", hidden))
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", slog.Any("secret", secret), slog.Any("in", in))
	for _, v := range []any{secret, &secret, in, &in, NewAccount{Password: secret}, hidden, []Secret{secret}, map[string]Secret{"a": secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		b, _ := json.Marshal(v)
		out.Write(b)
	}
	printed := out.String()
	for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
		if strings.Contains(printed, form) {
			t.Errorf("%q is printed:\n%s", form, printed)
		}
	}
	if secret.Reveal() != text || (Secret{}).Reveal() != "" || !strings.Contains(fmt.Sprint(secret), redacted) {
		t.Error("Reveal doesn't, or nothing stands for it")
	}
}

func TestKeysAndIDsAreAllDifferent(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	letters := map[rune]int{}
	for range 2000 {
		key, id := newKey().Reveal(), newSessionID().Reveal()
		if seen[key] || seen[id] || checkKey(key) != nil || checkKey(id) == nil {
			t.Fatalf("%q, %q", key, id)
		}
		seen[key], seen[id] = true, true
		for _, r := range key[len(keyPrefix) : len(keyPrefix)+keyRandom] {
			letters[r]++
		}
	}
	for _, r := range base62 { // each is one of 62, by 86,000: about 1387
		if n := letters[r]; n < 1100 || n > 1700 {
			t.Errorf("%q came %d times", r, n)
		}
	}
}

func TestAMistypedKeyIsToldFromARevokedOne(t *testing.T) {
	t.Parallel()
	key := newKey().Reveal()
	for text, says := range map[string]string{
		"":                        "empty",
		"ghp_" + key[4:]:          "begin with pst_",
		strings.ToUpper(key):      "begin with pst_",
		key[:len(key)-1]:          "52 characters instead of 53",
		key + " ":                 "54 characters",
		key[:20] + "-" + key[21:]: "wrong character",
		key[:10] + key[11:12] + key[10:11] + key[12:]: "wrong character",
	} {
		if key[10] == key[11] && strings.HasSuffix(text, key[12:]) && len(text) == len(key) && text[20] != '-' {
			continue
		}
		err := checkKey(text)
		want(t, err, problem.Unauthenticated, says)
		if len(text) > 8 && strings.Contains(fmt.Sprint(err), text[4:12]) {
			t.Errorf("%v repeats the key", err)
		}
	}
	// Any one letter that changes is found.
	for i := len(keyPrefix); i < len(key); i++ {
		for _, r := range base62 {
			if changed := key[:i] + string(r) + key[i+1:]; changed != key && checkKey(changed) == nil {
				t.Fatalf("%q passes for %q", changed, key)
			}
		}
	}
}

func FuzzKey(f *testing.F) {
	f.Add(newKey().Reveal())
	f.Add("")
	f.Add("pst_")
	f.Add(strings.Repeat("0", keyLength))
	f.Fuzz(func(t *testing.T, text string) {
		if checkKey(text) != nil {
			return
		}
		random := text[len(keyPrefix) : keyLength-keyChecksum]
		if text != keyPrefix+random+checksum(keyPrefix+random) || strings.Trim(random, base62) != "" {
			t.Errorf("%q passes", text)
		}
	})
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=47104,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g")
	f.Add("$argon2id$v=19$m=0,t=2,p=1$c2FsdA$aGFzaA")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePHC(text)
		if err != nil {
			return
		}
		if p.String() != text {
			t.Errorf("%q is read as %q", text, p)
		}
		if p.memoryKiB < 1 || p.memoryKiB > maxMemoryKiB || p.passes < 1 || p.passes > maxPasses || p.threads < 1 || p.threads > maxThreads {
			t.Errorf("%q has parameters %+v", text, p.params)
		}
	})
}

func FuzzMark(f *testing.F) {
	f.Add("12:" + strings.Repeat("9f", 32))
	f.Add(":")
	f.Fuzz(func(t *testing.T, text string) {
		var m, again Mark
		if m.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(m.String())); err != nil || again != m || m.N < 1 {
			t.Errorf("%q is read as %s, and that as %s, %v", text, m, again, err)
		}
	})
}
