package egress

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/webhook/webhooktest"
)

// No accepted URL leads to an address that is known to be forbidden, in any
// spelling.
func FuzzCheckURL(f *testing.F) {
	for _, target := range webhooktest.TargetURLs {
		f.Add(strings.ReplaceAll(target.URL, "PORT", "8080"))
	}
	f.Add("https://bücher.example/%c3%bc?a=b")
	f.Add("https://example.com//a%2Fb/../%7Bc%7D?q=[%22]&&?")
	open := NewGuard(Policy{AllowHTTP: true})
	f.Fuzz(func(t *testing.T, raw string) {
		words := open.CheckURL(raw, "")
		if words != "" {
			if !utf8.ValidString(words) && utf8.ValidString(raw) {
				t.Errorf("%q: the refusal isn't text: %q", raw, words)
			}
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" || len(raw) > MaxURLBytes {
			t.Fatalf("%q was taken: %v", raw, err)
		}
		if want := webhooktest.RequestTarget(raw); u.RequestURI() != want {
			t.Errorf("%q was taken, and is called as %q", raw, u.RequestURI())
		}
		host, err := ASCIIHost(u.Hostname())
		if err != nil || host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q was taken, with the host %q: %v", raw, host, err)
		}
		if addr, err := netip.ParseAddr(host); err == nil && (addr.Zone() != "" || !open.AllowsAddr(addr.Unmap())) {
			t.Errorf("%q was taken, and leads to %s", raw, addr)
		}
		if words := open.refusedTarget(u.Hostname(), portOf(u)); words != "" {
			t.Errorf("%q was taken, and is refused at the dialer: %s", raw, words)
		}
	})
}

// A host that a pattern is about is refused, however either is written.
func FuzzHostPattern(f *testing.F) {
	f.Add("*.example.com", "a.example.com")
	f.Add("bücher.example", "xn--bcher-kva.example")
	f.Add("ＤＢ.example.", "db.EXAMPLE")
	f.Fuzz(func(t *testing.T, pattern, host string) {
		var p, again HostPattern
		if p.UnmarshalText([]byte(pattern)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(p)); err != nil || again != p {
			t.Errorf("%q became %q, and that %q: %v", pattern, p, again, err)
		}
		end, wild := strings.CutPrefix(string(p), "*")
		name, err := ASCIIHost(host)
		want := err == nil && (wild && strings.HasSuffix(name, end) && name != end || name == string(p))
		if refused := NewGuard(Policy{DenyHosts: []HostPattern{p}}).refusedTarget(host, "443"); (refused != "") != (want || err != nil) {
			t.Errorf("%q and %q: %q", pattern, host, refused)
		}
	})
}
