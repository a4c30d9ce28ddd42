package egress

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"postern/internal/webhook/webhooktest"
)

func TestURLsThatWouldChangeOnTheWireAreRefused(t *testing.T) {
	t.Parallel()
	open := NewGuard(Policy{AllowHTTP: true})
	for target, want := range map[string]string{
		`/a{b}`:                  "has { } in its path, which must be escaped; write %7B %7D",
		`/a%2Fb{c}`:              "write %7B %7D",
		`/a"b`:                   `has " in its path, which must be escaped; write %22`,
		`/a|b`:                   "%7C",
		`/a\b`:                   "%5C",
		`/a^b`:                   "%5E",
		"/a`b":                   "%60",
		`/<a>`:                   "%3C %3E",
		`/a[0]`:                  "has [ ] in its path",
		`/bücher`:                "has ü in its path, which must be escaped; write %C3%BC",
		`/世界`:                    "write %E4%B8%96 %E7%95%8C",
		`/in?q="x"`:              `has " in its query, which must be escaped; write %22`,
		`/in?q={"a":1}`:          `has { " } in its query`,
		`/in?q=a|b`:              "write %7C",
		`/in?q=ü`:                "has ü in its query, which must be escaped; write %C3%BC",
		`/in?q=é` + "\u0301":     "write %C3%A9 %CC%81",
		`/in?q=a\b^c` + "`":      "write %5C %5E %60",
		`?q=<x>`:                 "has < > in its query",
		`/in?q=` + "{}|<>^`\"\\": "write %7B %7D %7C %3C %3E, and escape the others in the same way",
		`/in?q=100%`:             "has a % in its query without two hexadecimal digits after it; write the character % as %25",
		`/in?q=%zz`:              "%25",
		`/in?q=%2`:               "%25",
		`/in?%`:                  "%25",
		`/in?q=%u00fc`:           "%25",
		`/100%`:                  "has a % in its path",
		`/%g0`:                   "has a % in its path",
		`/%2`:                    "has a % in its path",
	} {
		if message := open.CheckURL("https://example.com"+target, ""); !strings.Contains(message, want) {
			t.Errorf("%s: the refusal says %q, want %q", target, message, want)
		}
	}
	for _, host := range []string{`exam"ple.com`, "exam<ple.com", "ex!ample.com", "exam$ple.com", "a,b.example", "b%C3%BCcher.example"} {
		if message := open.CheckURL("https://"+host+"/", ""); !strings.Contains(message, "host") && !strings.Contains(message, "can't be read") {
			t.Errorf("%s: the refusal says %q", host, message)
		}
	}
}

// The URL that the refusal suggests has to work.
func TestAdviceOnEncodingWorks(t *testing.T) {
	t.Parallel()
	open := NewGuard(Policy{})
	for _, part := range []string{"/", "/in?q="} {
		for c := rune(0x21); c < 0x2000; c++ {
			if strings.ContainsRune("#%/?", c) {
				continue
			}
			raw := "https://example.com" + part + string(c)
			words := open.CheckURL(raw, "")
			_, advice, found := strings.Cut(strings.TrimSuffix(words, "."), "; write ")
			if !found {
				if _, err := url.Parse(raw); words == "" && (err != nil || !strings.HasSuffix(webhooktest.RequestTarget(raw), string(c))) {
					t.Errorf("%q is taken", raw)
				}
				continue
			}
			if decoded, err := url.PathUnescape(advice); err != nil || decoded != string(c) {
				t.Errorf("%q: the refusal advises %q", raw, advice)
			}
			if words := open.CheckURL("https://example.com"+part+advice, ""); words != "" {
				t.Errorf("%q: the refusal advises %q, and then: %s", raw, advice, words)
			}
		}
	}
}

// Every accepted URL is called as it is written.
func TestAnyURLThatIsTakenIsCalledByteForByte(t *testing.T) {
	t.Parallel()
	open := NewGuard(Policy{AllowHTTP: true})
	pieces := []string{"/", "/", "a", "b", ".", "..", "?", "?", "&", "=", "%2F", "%2f", "%3F", "%25", "%7B", "%zz", "%", "%C3%BC", "ü", "{",
		"}", "\"", "|", "\\", "^", "`",
		"[", "]", "<", ">", "'", "(", ")", "*", "+", ",", ";", ":", "@", "!", "$", "~", "-", "_", "#"}
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 100_000 {
		raw := "https://example.com"
		for range r.IntN(12) {
			raw += pieces[r.IntN(len(pieces))]
		}
		if open.CheckURL(raw, "") != "" {
			continue
		}
		taken++
		u, err := url.Parse(raw)
		if err != nil || u.RequestURI() != webhooktest.RequestTarget(raw) {
			t.Fatalf("%s is called as %q; %v", raw, u.RequestURI(), err)
		}
		if strings.ContainsAny(webhooktest.RequestTarget(raw), "{}\"|\\^`<>#ü") {
			t.Fatalf("%s is taken", raw)
		}
	}
	if taken < 5000 {
		t.Errorf("only %d were taken", taken)
	}
}
