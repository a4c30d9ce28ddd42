package egress

import (
	"net/netip"
	"strings"
	"testing"
)

var closed = NewGuard(Policy{})

func TestURLsThatMayBeRegistered(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://example.com/webhooks/biometrics",
		"https://example.com",
		"https://example.com:8443/a/b?c=d&e=%20",
		"HTTPS://EXAMPLE.COM/",
		"https://bücher.example/",
		"https://xn--bcher-kva.example./",
		"https://under_score.example/",
		"https://8.8.8.8/",
		"https://[2606:4700:4700::1111]/",
		"https://[::ffff:8.8.8.8]/",
		"https://example.com:1/",
		"https://example.com:65535/",
		"https://127.0.0.1.example.com/",
		"https://0x.example/",
		"https://1.example.1a/",
		"https://localhost/", // a name; what it leads to is told when it is dialled
		"https://example.com/" + strings.Repeat("a", MaxURLBytes-len("https://example.com/")),
	} {
		if err := closed.CheckURL(url, ""); err != "" {
			t.Errorf("%.80s: %v", url, err)
		}
	}
}

func TestURLsThatMayNotBeRegistered(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ url, want string }{
		{"", "is required"},
		{"http://example.com/", "--allow-http"},
		{"HTTP://example.com/", "--allow-http"},
		{"ftp://example.com/", "must begin with https://"},
		{"file:///etc/passwd", "must begin with https://"},
		{"javascript:alert(1)", "must begin with https://"},
		{"example.com/hook", "must begin with https://"},
		{"//example.com/hook", "must begin with https://"},
		{"https:example.com/hook", "has no host"},
		{"https://", "has no host"},
		{"https:///hook", "has no host"},
		{"https://:443/hook", "has no host"},
		{"https://user@example.com/", "user name or a password"},
		{"https://user:pass@example.com/", "user name or a password"},
		{"https://@example.com/", "user name or a password"},
		{"https://example.com/#top", "fragment"},
		{"https://example.com/#", "fragment"},
		{"https://example.com#", "fragment"},
		{"https://example.com:/", "no port"},
		{"https://example.com:0/", "outside 1 to 65535"},
		{"https://example.com:65536/", "outside 1 to 65535"},
		{"https://example.com:99999999999999999999/", "outside 1 to 65535"},
		{"https://example.com:-1/", "can't be read"},
		{"https://example.com:https/", "can't be read"},
		{"https://[::1/", "can't be read"},
		{"https://example.com/%zz", "%25"},
		{`https://example.com\@127.0.0.1/`, "can't be read"},
		{"https://[fe80::1%25eth0]/", "zone"},
		{"https://[2606:4700:4700::1111%25eth0]/", "zone"},
		{"https://exam ple.com/", "space"},
		{"https://example.com/a b", "space"},
		{" https://example.com/", "space"},
		{"https://example.com/\n", "space"},
		{"https://example.com/\x00", "space"},
		{"https://example.com/\x7f", "space"},
		{"https://example.com/\u0085", "space"},
		{"https://example.com/\u2003", "space"},
		{"https://example.com/\xff", "can't be read"},
		{"https://example.com/" + strings.Repeat("a", MaxURLBytes-len("https://example.com/")+1), "longer than 2048 bytes"},
	} {
		message := closed.CheckURL(tc.url, "")
		if !strings.Contains(message, tc.want) {
			t.Errorf("%.80q: the refusal says %q, want something about %q", tc.url, message, tc.want)
		}
	}
}

func TestPlainHTTPMayBeRegisteredWhereAllowed(t *testing.T) {
	t.Parallel()
	open := NewGuard(Policy{AllowHTTP: true})
	for _, url := range []string{"http://example.com/", "http://example.com:8080/", "https://example.com/"} {
		if err := open.CheckURL(url, ""); err != "" {
			t.Errorf("%s: %v", url, err)
		}
	}
	if message := open.CheckURL("ftp://example.com/", ""); strings.Contains(message, "--allow-http") ||
		!strings.Contains(message, "or http://") {
		t.Errorf("the refusal of ftp speaks of plain http: %q", message)
	}
}

// specialAddresses are literals that lead into this machine or its site.
var specialAddresses = []string{
	"127.0.0.1", "127.255.255.254", // loopback
	"10.0.0.1", "172.16.0.1", "192.168.1.1", // private
	"169.254.169.254", "169.254.0.1", // link-local, cloud metadata
	"100.64.0.1", "100.100.100.200", // shared, and a cloud's metadata
	"0.0.0.0", "192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"[::]", "[::1]", // unspecified, loopback
	"[fc00::1]", "[fd00:ec2::254]", // unique local, cloud metadata
	"[fe80::1]", "[ff02::1]", // link-local, multicast
	"[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:7f00:1]", // IPv4 in IPv6
	"[::127.0.0.1]",                      // the deprecated form of it
	"[64:ff9b::7f00:1]", "[64:ff9b:1::]", // NAT64
	"[2002:7f00:1::]",                        // 6to4
	"[2001::1]", "[2001:db8::1]", "[100::1]", // Teredo, documentation, discard
}

func TestSpecialAddressesMayNotBeRegistered(t *testing.T) {
	t.Parallel()
	for _, host := range specialAddresses {
		for _, url := range []string{"https://" + host + "/", "https://" + host + ":8443/hook"} {
			message := closed.CheckURL(url, "")
			if !strings.Contains(message, "special-purpose") || !strings.Contains(message, "--allow-target") {
				t.Errorf("%s: the refusal says %q, want what would allow it", url, message)
			}
		}
	}
}

// Older resolvers, and every browser, read these as addresses.
func TestHostsThatAreNumbersMayNotBeRegistered(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"2130706433", "017700000001", "0x7f000001", "0x7F000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.01",
		"127.0.0.1.", "2130706433.", "10.0.0.256", "1.2.3.4.5", "0", "0x", "example.0x7f", "example.1",
	} {
		message := closed.CheckURL("https://"+host+"/", "")
		if !strings.Contains(message, "number") {
			t.Errorf("%s: the refusal says %q, want something about numbers", host, message)
		}
	}
}

func TestSpecialAddressesMayBeRegisteredWhereAllowed(t *testing.T) {
	t.Parallel()
	allowed := func(prefixes ...string) *Guard {
		var list []netip.Prefix
		for _, p := range prefixes {
			list = append(list, netip.MustParsePrefix(p))
		}
		return NewGuard(Policy{AllowTargets: list})
	}
	for _, tc := range []struct {
		allowed *Guard
		url     string
		ok      bool
	}{
		{allowed("127.0.0.0/8"), "https://127.0.0.1/", true},
		{allowed("127.0.0.0/8"), "https://127.0.0.1:8443/", true},
		{allowed("127.0.0.0/8"), "https://[::ffff:127.0.0.1]/", true}, // dialled as 127.0.0.1
		{allowed("127.0.0.0/8"), "https://10.0.0.1/", false},
		{allowed("127.0.0.0/8"), "https://[::1]/", false},
		{allowed("10.1.2.3/32"), "https://10.1.2.3/", true},
		{allowed("10.1.2.3/32"), "https://10.1.2.4/", false},
		{allowed("::1/128"), "https://[::1]/", true},
		{allowed("::1/128"), "https://127.0.0.1/", false},
		{allowed("fd00::/8", "192.168.0.0/16"), "https://[fd12::1]/", true},
		{allowed("fd00::/8", "192.168.0.0/16"), "https://192.168.7.7/", true},
		{allowed("fd00::/8", "192.168.0.0/16"), "https://172.16.0.1/", false},
	} {
		if err := tc.allowed.CheckURL(tc.url, ""); (err == "") != tc.ok {
			t.Errorf("%s: %v", tc.url, err)
		}
	}
}

// The refusal's advice has to work.
func TestAdviceOnAllowTargetWorks(t *testing.T) {
	t.Parallel()
	for _, host := range specialAddresses {
		message := closed.CheckURL("https://"+host+"/", "")
		_, advice, found := strings.Cut(message, "such as --allow-target ")
		if !found {
			continue
		}
		var prefixes []netip.Prefix
		for text := range strings.SplitSeq(strings.TrimSuffix(advice, ")."), ",") {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				t.Errorf("%s: the refusal advises %q: %v", host, advice, err)
			}
			prefixes = append(prefixes, prefix)
		}
		if err := NewGuard(Policy{AllowTargets: prefixes}).CheckURL("https://"+host+"/", ""); err != "" {
			t.Errorf("%s: the refusal advises %q, and then: %v", host, advice, err)
		}
	}
}
