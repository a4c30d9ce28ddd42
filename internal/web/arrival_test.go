package web

import (
	"context"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/internal/web/session"
)

// Sign-ins are limited by address, and the audit names it.
func TestClientsBehindAProxyThatSendsPortsHaveALimitEach(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, netip.MustParsePrefix("127.0.0.0/8"))
	signIn := func(forwarded, password string, headers ...string) *answer {
		headers = append(headers, "X-Forwarded-For", forwarded, "X-Forwarded-Proto", "HTTPS", "Accept", "text/html",
			"Sec-Fetch-Site", "same-origin")
		return g.do(http.MethodPost, "/sign-in", url.Values{"name": {"root"}, "password": {password}}.Encode(), headers...)
	}
	limited := false
	for range 200 {
		if limited = signIn("203.0.113.66:5000", "wrong").status == http.StatusTooManyRequests; limited {
			break
		}
	}
	if !limited {
		t.Fatal("an address that only guesses was never limited")
	}
	for i, forwarded := range []string{"203.0.113.7:51008", "[2001:db8::7]:51008", `"198.51.100.8:1"`} {
		// As browsers write it: Host with the port, Origin without.
		host := []string{"Host", "postern.example:443", "Origin", "https://postern.example"}
		if i == 1 {
			host = []string{"X-Forwarded-Host", "Postern.example.", "Origin", "https://postern.example"}
		}
		c := signIn(forwarded, testPassword, host...).want(http.StatusSeeOther).cookie()
		if c == nil || c.Name != session.CookieName(true) || !c.Secure {
			t.Errorf("%s: the cookie is %+v", forwarded, c)
		}
		want := netip.MustParseAddrPort(strings.Trim(forwarded, `"`)).Addr()
		entries, err := g.access.Audit(context.Background(), auditlog.Query{Action: "session.begin", Limit: 1})
		if err != nil || len(entries) != 1 || entries[0].Address != want.String() {
			t.Errorf("%s: %+v, %v", forwarded, entries, err)
		}
	}
}

func TestStrictTransportIsForHTTPSAlone(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, netip.MustParsePrefix("127.0.0.0/8"))
	key := g.key("reader", account.ScopeRead)
	for _, path := range []string{"/sign-in", "/healthz", "/nothing", "/static/app.css", apiPath + "/events/recent",
		apiPath + "/events/stream"} {
		for proto, want := range map[string]string{"https": "max-age=31536000", "HTTPS": "max-age=31536000",
			"http": "", "": ""} {
			req := g.request(http.MethodHead, path, "", key...)
			if proto != "" {
				req.Header.Set(fiber.HeaderXForwardedProto, proto)
			}
			if got := g.send(req).header.Get(fiber.HeaderStrictTransportSecurity); got != want {
				t.Errorf("%s by %q: %q, want %q", path, proto, got, want)
			}
		}
	}
	// A header from an untrusted address doesn't count.
	s := startService(t)
	req := s.request(http.MethodGet, "/healthz", "", fiber.HeaderXForwardedProto, "https")
	if got := s.send(req).header.Get(fiber.HeaderStrictTransportSecurity); got != "" {
		t.Errorf("%q for a client's own word", got)
	}
}

// Fiber interprets forwarding headers differently; no code here may use its
// results.
func TestOnlyProxiesReadsForwardingHeaders(t *testing.T) {
	t.Parallel()
	var files []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".go" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatal(len(files), err)
	}
	own := regexp.MustCompile(`\bc\.(Secure|Protocol|Hostname|BaseURL|IP|IPs|IsProxyTrusted|IsFromLocal|Subdomains)\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := own.Find(text); found != nil && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s has %s…); request.Proxies has what Postern goes by", file, found)
		}
	}
}
